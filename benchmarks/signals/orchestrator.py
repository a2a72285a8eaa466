"""What runs jobs and judges them by their heartbeats, as durable orchestrators do.

Belongs here: a job whose heartbeat is late is timed out, and tried again from its start, some times. The one that was
timed out is ended, so that it buys nothing more. Does not: the job (`benchmarks.signals.nested`).
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.accounting import peak_mb
from benchmarks.signals.processes import waited

ATTEMPTS = 3
NESTED = (sys.executable, "-m", "benchmarks.signals.nested")
FIRST_WAIT = 1.0
"""Seconds before the second attempt; twice as long before each further one."""


@dataclass(slots=True)
class Ended:
    """How a job went.

    Attributes:
        job: Which.
        began: `time.time()` of its first heartbeat: the worker's process was up before.
        attempts: How often it was started.
        timed_out: How many of these were ended for a late heartbeat.
        completed: Whether the last came to its end.
        gaps: Seconds between heartbeats, of all attempts.
        cpu: CPU-seconds of all attempts.
        peak_mb: The most memory of any, looked at with each heartbeat.
        ended: `time.time()` when it was over.
    """

    job: int
    began: float = 0.0
    attempts: int = 0
    timed_out: int = 0
    completed: bool = False
    gaps: list[float] = field(default_factory=list)
    cpu: float = 0.0
    peak_mb: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True, slots=True)
class Orchestrator:
    """Runs jobs.

    Args:
        folder: Where what they say goes.
        variables: Their environment.
        timeout: Seconds without a heartbeat after which one is lost.
        scale: Factor on its own waits.
        command: What does a job.
    """

    folder: Path
    variables: Mapping[str, str]
    timeout: float
    scale: float = 1.0
    command: Sequence[str] = NESTED

    def run(self, job: int, payload: Path) -> Ended:
        """Run a job to its end, or until it has failed for good."""
        ended = Ended(job)
        while ended.attempts < ATTEMPTS and not ended.completed:
            if ended.attempts:
                time.sleep(self.scale * FIRST_WAIT * 2 ** (ended.attempts - 1))
            ended.attempts += 1
            self._attempt(ended, payload)
        ended.ended = time.time()
        return ended

    def _attempt(self, ended: Ended, payload: Path) -> None:
        log = self.folder / f"nested-{ended.job}-{ended.attempts}.log"
        with payload.open("rb") as given, log.open("wb") as errors:
            process = subprocess.Popen(
                self.command, cwd=self.folder, env=self.variables, stdin=given, stdout=subprocess.PIPE, stderr=errors
            )
        alive = self._beats(process, ended)
        if not alive:
            process.kill()
            ended.timed_out += 1
        cpu, code = waited(process)
        ended.completed = alive and code == 0
        ended.cpu += cpu

    def _beats(self, process: subprocess.Popen[bytes], ended: Ended) -> bool:
        """Follow the heartbeats until the process ends; return False when one was late."""
        assert process.stdout
        os.read(process.stdout.fileno(), 4096)  # the first one: imports are behind it
        ended.peak_mb = max(ended.peak_mb, peak_mb(process.pid))
        last = time.monotonic()
        ended.began = ended.began or time.time()
        while select.select([process.stdout], [], [], max(0.0, last + self.timeout - time.monotonic()))[0]:
            if not os.read(process.stdout.fileno(), 4096):
                return True
            now = time.monotonic()
            ended.gaps.append(round(now - last, 3))
            ended.peak_mb = max(ended.peak_mb, peak_mb(process.pid))
            last = now
        return False
