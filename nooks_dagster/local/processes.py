"""Processes of this machine: started so that they outlive us, known by more than their number, stopped for certain.

Belongs here: start, identify, stop. Does not: when to do so (`nooks_dagster.local.supervisor`).
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

from nooks_dagster.failures import Permanent
from nooks_dagster.local.account import Identity


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its number and its start time, so that another one that got the number is never mistaken for it."""

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
                preexec_fn=_default_signals,
                **(identity or Identity()),
            )
        except OSError as error:
            raise Permanent(f"{command[0]} could not be started: {error.strerror}.") from error
    child.returncode = 0  # it is known by its number from here on: Popen must not warn that it still runs
    return Process.of(child.pid)


def stop(process: Process, *, grace: float, first: signal.Signals = signal.SIGTERM) -> None:
    """Stop a process and its descendants: a signal to the process, then SIGKILL to all that is left after `grace` seconds."""
    family = process.family()
    if not family:
        return
    _send(family[0], first)
    _, rest = psutil.wait_procs(family, timeout=grace)
    for member in rest:
        _send(member, signal.SIGKILL)
    psutil.wait_procs(rest, timeout=5)


def reap() -> None:
    """Collect children that ended, so that no zombies pile up."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _send(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _default_signals() -> None:
    """Undo an inherited SIG_IGN: what `make` starts ignores SIGINT, and Dagster maps SIGTERM to that handler."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
