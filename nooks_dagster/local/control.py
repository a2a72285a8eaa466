"""The remote control of the supervisor: start it in the background, watch it, end it, erase what it left.

Belongs here: what `nooks up` and `nooks down` do. Does not: print (`nooks_dagster.cli`).
"""

import os
import shutil
import signal
import sys
from collections.abc import Iterator

from nooks_dagster.failures import Transient
from nooks_dagster.local import deadline, dotenv_file, processes, record, stack
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.record import Entry, Record
from nooks_dagster.local.watched import MARKER

START_SECONDS = 180  # a laptop that is busy with something else
STOP_SECONDS = 120  # runs have 25 s to release their work, then Postgres writes what it holds
LOOK_SECONDS = 30  # seven services, none of which answers within its three seconds
AILING_SECONDS = 5  # a service that says no for this long will not recover by itself
HOPELESS_STARTS = 3


def status(environment: Environment) -> Record:
    """Return what the supervisor last wrote; its `supervisor` is None unless it lives."""
    found = record.read(environment.state / "stack.json")
    if found.supervisor and not found.supervisor.alive():
        found.supervisor = None
    return found


def launch(environment: Environment) -> None:
    """Make sure that a supervisor lives, and that it hurries."""
    stack.lay_out(environment)
    known = status(environment)
    if known.supervisor is not None:
        os.kill(known.supervisor.pid, signal.SIGHUP)
        _until_answered(environment, known.answered)
        return
    command = [sys.executable, "-m", "nooks_dagster.local.supervisor", str(environment.root)]
    log = environment.state / "log" / "supervisor.log"
    started = processes.start(command, log, cwd=environment.root, env=environment.variables())
    for passed in deadline.polls(20):
        if status(environment).supervisor is not None:
            return  # ours, or that of somebody who started one in the same moment
        if not started.alive() and passed > 5:
            break
    raise Transient("The supervisor did not start.", next_step=f"See {log}.")


def until_well(environment: Environment) -> Iterator[tuple[float, Entry]]:
    """Yield each service when it is well, with the seconds passed; return when all are.

    Raises:
        Transient: A service does not come up; the message says why. The supervisor keeps trying.
    """
    reported: set[str] = set()
    ailing_since: dict[str, float] = {}
    now = status(environment)
    for passed in deadline.polls(START_SECONDS, every=0.1):
        now = status(environment)
        for entry in now.entries:
            if entry.finished and entry.name not in reported:
                reported.add(entry.name)
                yield passed, entry
            since = ailing_since.setdefault(entry.name, passed) if entry.state == "ailing" else passed
            hopeless = entry.state == "waiting" and entry.starts >= HOPELESS_STARTS
            if hopeless or passed - since > AILING_SECONDS:
                raise _gave_up(environment, entry)
        if now.entries and all(entry.finished for entry in now.entries):
            return
        if now.supervisor is None:
            raise Transient("The supervisor ended.", next_step=f"See {environment.state / 'log' / 'supervisor.log'}.")
    raise _gave_up(environment, next(entry for entry in now.entries if not entry.finished))


def shut_down(environment: Environment) -> Iterator[Entry]:
    """Stop everything, in reverse order of need, and yield each service when it has stopped.

    The supervisor does it; what one that was killed left running is stopped here.
    """
    known = status(environment)
    if known.supervisor is not None:
        os.kill(known.supervisor.pid, signal.SIGTERM)
        yield from _stopped(environment, known.supervisor)
        processes.stop(known.supervisor, grace=0)
    for entry in reversed(record.read(environment.state / "stack.json").survivors()):
        if entry.process is not None:
            processes.stop(entry.process, grace=30, first=signal.SIGINT)  # for Postgres: do not wait for clients
            yield entry
    processes.stop(*processes.carriers(MARKER, str(environment.root)), grace=5, whole=True)


def erase(environment: Environment) -> bool:
    """Remove all local state, and `.env` unless a person edited it; return whether `.env` went too."""
    untouched = dotenv_file.untouched(environment.root)
    home = environment.state / "postgres"
    if home.is_symlink():
        shutil.rmtree(home.resolve(), ignore_errors=True)
    shutil.rmtree(environment.state, ignore_errors=True)
    if untouched:
        (environment.root / ".env").unlink(missing_ok=True)
    return untouched


def _until_answered(environment: Environment, before: int) -> None:
    for _ in deadline.polls(LOOK_SECONDS):
        now = status(environment)
        if now.answered > before or now.supervisor is None:
            return


def _stopped(environment: Environment, living: processes.Process) -> Iterator[Entry]:
    reported: set[str] = set()
    for _ in deadline.polls(STOP_SECONDS, every=0.1):
        alive = living.alive()
        for entry in reversed(status(environment).entries):
            if entry.state == "stopped" and entry.name not in reported:
                reported.add(entry.name)
                yield entry
        if not alive:
            return


def _gave_up(environment: Environment, entry: Entry) -> Transient:
    problem = entry.problem or f"{entry.title} did not come up within {START_SECONDS} s."
    log = environment.state / "log" / f"{entry.name}.log"
    return Transient(problem, next_step=f"The rest keeps running, and this is tried again. Its log is {log}.")
