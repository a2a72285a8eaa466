"""One service under supervision: what it is doing, and what is due for it now.

Belongs here: start, probe, back off, restart, adopt, stop, for one service. Does not: the order of several
(`nooks_dagster.local.supervisor`).
"""

import logging
import os
import time
from pathlib import Path

import psycopg

from nooks_dagster.failures import Failure
from nooks_dagster.local import ports, processes
from nooks_dagster.local.record import Entry, State
from nooks_dagster.local.services import Service

logger = logging.getLogger("nooks.supervisor")

MARKER = "NOOKS_STACK"
NOTE = "[nooks] "  # begins the lines of ours in a service's log
EAGER_SECONDS = 0.3  # between probes of a service that is starting
CALM_SECONDS = 5.0  # between probes of a service that was well
LONGEST_PAUSE = 30.0  # between two tries of a service that keeps dying
CALM_LIFE = 60.0  # a life at least this long was no failed start
LOG_BYTES = 20 << 20  # a log larger than this is put aside at the next start


class Watched:
    """One service, its process and its record.

    Args:
        service: What is watched.
        logs: Folder of its log.
        marker: See `Supervisor`.
    """

    def __init__(self, service: Service, logs: Path, marker: str) -> None:
        self.service = service
        self.entry = Entry(service.name, service.title)
        self.log = logs / f"{service.name}.log"
        logs.mkdir(parents=True, exist_ok=True)
        self._marker = marker
        self._failures = 0
        self._next_try = 0.0
        self._next_probe = 0.0
        self._answered = 0.0

    def adopt(self, process: processes.Process) -> None:
        """Watch a process that a predecessor started."""
        self.entry.process, self.entry.adopted, self.entry.state = process, True, "starting"
        self._answered = time.monotonic()

    def look(self, *, ready: bool) -> None:
        """Do what is due: notice a death, start, or probe.

        Args:
            ready: What the service needs is there.
        """
        process, now = self.entry.process, time.monotonic()
        if process is None:
            if ready and now >= self._next_try and self.entry.state != "done":
                self._start()
        elif (code := process.exit_code()) is not None:
            self._ended(process, code)
        elif not self.service.task and now >= self._next_probe:
            self._probe(process)

    def hurry(self) -> None:
        """Forget the pauses before the next try and the next probe."""
        self._next_try = self._next_probe = 0.0

    def stop(self) -> None:
        """Stop the process and its descendants; a task that is done has none, and stays done."""
        if self.entry.process is not None:
            self._halt(self.entry.process)
        self.entry.process = None
        self.entry.state = "done" if self.entry.state == "done" else "stopped"

    def _start(self) -> None:
        self.entry.state, self.entry.starts = "starting", self.entry.starts + 1
        self._answered, self._next_probe = time.monotonic(), 0.0
        variables = {**(self.service.variables or os.environ), MARKER: self._marker}
        try:
            self._make_room()
            self._turn_log()
            self.entry.process = processes.start(
                self.service.prepare(),
                self.log,
                cwd=self.service.folder,
                env=variables,
                identity=self.service.identity,
            )
        except (Failure, OSError) as problem:
            self._failed(str(problem))
        else:
            self._note(f"started as process {self.entry.process.pid}")

    def _ended(self, process: processes.Process, code: int) -> None:
        self.entry.process = None
        if self.service.task and code == 0:
            self.entry.state, self.entry.problem = "done", ""
            return
        if time.time() - process.started >= CALM_LIFE:
            self._failures = 0
        last = self._last_line() if code > 0 else ""  # whoever was killed had no last word
        self._failed(f"{self.service.title} ended ({processes.describe(code)}){f': {last}' if last else '.'}")

    def _failed(self, problem: str) -> None:
        """Pause before the next try: none after a first death, then twice as long each time."""
        self.entry.state, self.entry.problem = "waiting", problem
        pause = min(LONGEST_PAUSE, 0.5 * 2**self._failures) if self._failures else 0.0
        self._failures += 1
        self._next_try = time.monotonic() + pause
        self._note(f"{problem}; trying again in {pause:.1f} s")

    def _probe(self, process: processes.Process) -> None:
        now = time.monotonic()
        state: State = "well"
        try:
            problem = self.service.probe(process.started)
            self._answered = now
        except ProcessLookupError as lost:
            self._note(f"{lost}: restarting it")
            self._halt(process)
            return
        except Failure as failure:
            problem, state, self._answered = str(failure), "ailing", now
        except (OSError, ValueError, KeyError, psycopg.Error) as error:
            problem = f"{self.service.title} does not answer ({type(error).__name__})."
        if problem and state == "well":
            state = "starting" if self.entry.state == "starting" else "ailing"
        if problem and self.entry.state == "well":
            self._note(problem)
        self.entry.state, self.entry.problem = state, problem
        self._next_probe = now + (EAGER_SECONDS if problem else CALM_SECONDS)
        patience = self.service.patience
        if patience is not None and now - self._answered > patience:
            self._note(f"no answer for {patience:.0f} s: restarting it")
            self._halt(process)

    def _halt(self, process: processes.Process) -> None:
        service = self.service
        processes.stop(process, grace=service.grace, first=service.stop_signal, whole=service.stops_whole_family)

    def _make_room(self) -> None:
        """Stop a survivor of ours that holds the port: gRPC shares ports, and clients would flip.

        Raises:
            Transient: It is not ours.
        """
        if not self.service.port or ports.is_free(self.service.port):
            return
        survivor = ports.holder(self.service.port)
        if survivor and processes.carries(survivor, MARKER, self._marker):
            self._note(f"stopping process {survivor.pid}, which still holds port {self.service.port}")
            processes.stop(processes.Process.of(survivor.pid), grace=self.service.grace)
        elif not ports.is_free(self.service.port):
            raise ports.busy(self.service.port, self.service.title)

    def _turn_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".old.log"))

    def _last_line(self) -> str:
        try:
            lines = self.log.read_bytes()[-4000:].decode(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip() and not line.startswith(NOTE)), "")

    def _note(self, text: str) -> None:
        logger.info("%s: %s", self.service.name, text)
        with self.log.open("a") as file:
            file.write(f"{NOTE}{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
