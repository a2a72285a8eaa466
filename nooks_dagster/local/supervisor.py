"""The resident process that keeps the stack alive: starts each service, restarts what dies, stops all.

Belongs here: that loop. It has one thread and looks at everything again and again, because a service may be
the child of a predecessor, and then no signal tells of its death.
Does not: know any service (`nooks_dagster.local.stack`).
Run as `python -m nooks_dagster.local.supervisor ROOT`; `nooks_dagster.local.control` does so.
"""

import fcntl
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from nooks_dagster.failures import Failure
from nooks_dagster.local import environment, processes, record, stack
from nooks_dagster.local.services import Service
from nooks_dagster.local.watched import MARKER, Watched

log = logging.getLogger("nooks.supervisor")

LOOK_SECONDS = 0.2  # between two looks: a dead service is noticed within this
STRAY_SECONDS = 30  # a run has 25 s to release what it holds


class Supervisor:
    """Keeps services alive until it is told to stop.

    Args:
        services: In order of need.
        folder: Where the record and the logs are.
        digest: Fingerprint of the configuration and the code, for the record.
        marker: Value of `NOOKS_STACK` in the environment of every descendant, by which a stray is known.
    """

    def __init__(self, services: Sequence[Service], folder: Path, *, digest: str, marker: str) -> None:
        self._file = folder / "stack.json"
        self._stopping = False
        self._asked = 0
        self._marker = marker
        self._record = record.Record(digest, processes.Process.of(os.getpid()))
        self._written = ""
        self._watched = [Watched(service, folder / "log", marker) for service in services]
        self._record.entries = [watched.entry for watched in self._watched]

    def adopt(self) -> None:
        """Take over what a killed predecessor has left running, and stop what is no longer declared."""
        for entry in record.read(self._file).entries:
            if entry.process is None or not entry.process.alive():
                continue
            heir = next((watched for watched in self._watched if watched.service.name == entry.name), None)
            if heir and not heir.service.task:
                heir.adopt(entry.process)
            else:
                processes.stop(entry.process, grace=10)

    def run(self) -> None:
        """Keep the services alive until `stop` is called, then stop them in reverse order."""
        while not self._stopping:
            try:
                self._answer()
            except Exception:  # it outlives any surprise, or nobody would restart anything
                log.exception("a look at the services failed")
            time.sleep(LOOK_SECONDS)
        self._dismiss_strays()
        for watched in reversed(self._watched):
            watched.stop()
            self._write()

    def _answer(self) -> None:
        """Look, and let whoever asked for it know afterwards."""
        asked = self._asked
        if asked > self._record.answered:
            for watched in self._watched:
                watched.hurry()
        self.look()
        self._record.answered = asked
        self._write()

    def look(self) -> None:
        """Look at every service once and do what is due."""
        for watched in self._watched:
            if self._stopping:
                return
            watched.look(ready=all(self._entry(name).finished for name in watched.service.needs))
            self._write()

    def stop(self, *_: int | FrameType | None) -> None:
        """End `run` after the look that is going on; fit to be a signal handler."""
        self._stopping = True

    def hurry(self, *_: int | FrameType | None) -> None:
        """Try and probe everything in the next look, however lately it was; fit to be a signal handler."""
        self._asked += 1

    def _dismiss_strays(self) -> None:
        """Stop runs whose code server died, while what they need to release their work is still there."""
        known = [watched.entry.process.family() for watched in self._watched if watched.entry.process]
        numbers = {member.pid for family in known for member in family}
        strays = [one for one in processes.carriers(MARKER, self._marker) if one.pid not in numbers]
        processes.stop(*strays, grace=STRAY_SECONDS, whole=True)

    def _entry(self, name: str) -> record.Entry:
        return next(watched.entry for watched in self._watched if watched.service.name == name)

    def _write(self) -> None:
        if (now := repr(self._record)) != self._written:
            self._record.write(self._file)
            self._written = now


def main(root: Path) -> int:
    """Supervise the stack of a project folder until SIGTERM; at most one process per folder does."""
    configuration = environment.read(root)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    with (configuration.state / "supervisor.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another supervisor is at work")
            return 0
        supervisor = of(configuration)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, supervisor.stop)
        signal.signal(signal.SIGHUP, supervisor.hurry)
        supervisor.adopt()
        supervisor.run()
    return 0


def of(configuration: environment.Environment) -> Supervisor:
    """Return the supervisor of a project folder, which does nothing yet."""
    services = stack.Stack(configuration).services()
    return Supervisor(services, configuration.state, digest=configuration.digest, marker=str(configuration.root))


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except Failure as failure:
        sys.exit(str(failure))
