"""Processes of this machine: started to outlive us, known by more than their number, stopped for certain.

Belongs here: start, identify, stop. Does not: when to do so (`nooks_dagster.local.supervisor`).
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from nooks_dagster.failures import Permanent
from nooks_dagster.local.account import Identity

UNSEEN = 256
"""The exit code of a process that was not our child; a real one is below 256."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and start time, so that a later one of that number is not mistaken for it."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Identify a running process.

        Raises:
            psutil.NoSuchProcess: It does not run.
        """
        return cls(pid, psutil.Process(pid).create_time())

    def alive(self) -> bool:
        """Tell whether this very process still runs; a zombie does not."""
        try:
            process = psutil.Process(self.pid)
            # A start time counts in clock ticks since boot, so a corrected clock shifts it a little.
            same = abs(process.create_time() - self.started) < 1.5
            return same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False

    def exit_code(self) -> int | None:
        """Return None until it has ended, then its exit code: negative for a signal, `UNSEEN` if not our child."""
        if self.alive():
            return None
        try:
            ended, status = os.waitpid(self.pid, os.WNOHANG)  # also frees the zombie
        except ChildProcessError:
            return UNSEEN
        # It is a zombie once its first thread is gone, and has a code when all are: with a load of 18, three ends of
        # four were seen in between.
        return os.waitstatus_to_exitcode(status) if ended else None

    def family(self) -> list[psutil.Process]:
        """Return the process and all its descendants, itself first; empty when it is dead."""
        if not self.alive():
            return []
        try:
            process = psutil.Process(self.pid)
            return [process, *process.children(recursive=True)]
        except psutil.Error:
            return []


def start(
    command: Sequence[str],
    log: Path,
    *,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    identity: Identity | None = None,
) -> Process:
    """Start a process in a session of its own, its output appended to `log`.

    Raises:
        Permanent: The program does not exist or may not be run.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        try:
            child = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=_default_signals,  # noqa: PLW1509 - whoever starts services has one thread
                **(identity or Identity()),
            )
        except OSError as error:
            raise Permanent(f"{command[0]} could not be started: {error.strerror}.") from error
    child.returncode = 0  # it is known by its number from here on: Popen must not warn that it still runs
    return Process.of(child.pid)


def stop(*running: Process, grace: float, first: signal.Signals = signal.SIGTERM, whole: bool = False) -> None:
    """Stop processes and their descendants, for certain.

    Args:
        running: The processes.
        grace: Seconds until SIGKILL for all of them that are left.
        first: What asks them to end.
        whole: The descendants are asked too; else ending them is the process's own business.
    """
    families = [process.family() for process in running]
    for family in families:
        for member in family if whole else family[:1]:
            _send(member, first)
    _, rest = psutil.wait_procs([member for family in families for member in family], timeout=grace)
    for member in rest:
        _send(member, signal.SIGKILL)
    psutil.wait_procs(rest, timeout=5)


def carries(process: psutil.Process, name: str, value: str) -> bool:
    """Tell whether a process was started with a variable of this value."""
    try:
        return process.environ().get(name) == value
    except (psutil.Error, OSError):
        return False


def carriers(name: str, value: str) -> list[Process]:
    """Return every process but this one that was started with a variable of this value."""
    return list(_carriers(name, value))


def _carriers(name: str, value: str) -> Iterator[Process]:
    for process in psutil.process_iter():
        if process.pid != os.getpid() and carries(process, name, value):
            with suppress(psutil.NoSuchProcess):
                yield Process.of(process.pid)


def describe(code: int) -> str:
    """Say in words how a process ended."""
    if code == UNSEEN:
        return "nobody saw how"
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _default_signals() -> None:
    """Undo an inherited SIG_IGN: make's children ignore SIGINT, and Dagster handles SIGTERM the same way."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
