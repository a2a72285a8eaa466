"""The live workers of a measurement: one process for each turn that is due, as the sensor would have a run of each.

Belongs here: starting, replacing and ending them, what they took. Does not: what one does (`benchmarks.calls.worker`).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import psutil

from benchmarks.accounting import cpu_of_tree
from benchmarks.calls import runs
from benchmarks.services import Services
from nooks_dagster.calls.closing.hours import plan_hours
from nooks_dagster.calls.live.slots import Slot, open_slots
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.local import processes
from nooks_dagster.local.processes import Process

EVERY = 1.0
STOP_SECONDS = 40.0
MINUTE = timedelta(minutes=1)


@dataclass(slots=True)
class Worker:
    """A process and whose turn it has; `cpu` is what it had taken when it was last looked at."""

    slot: Slot
    run_id: str
    process: Process
    cpu: float = 0.0


class Staff:
    """Keeps every turn that is due taken.

    Args:
        where: The services.
        workers: How many at once.
    """

    def __init__(self, where: Services, workers: int) -> None:
        self._where = where
        self._workers = workers
        self._db = Database(where.url, size=1)
        self._launches = Launches(self._db, MINUTE, MINUTE)
        self._numbers = count(1)
        self._at_work: dict[str, Worker] = {}
        self._ended_cpu: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="staff")

    @contextmanager
    def working(self) -> Iterator[None]:
        """Keep turns taken while the block runs, then end all workers."""
        self._thread.start()
        try:
            yield
        finally:
            self._over.set()
            self._thread.join()
            processes.stop(*self.processes().values(), grace=STOP_SECONDS)
            self._db.close()

    def processes(self) -> Mapping[str, Process]:
        """Return the processes that work, by scope."""
        return {scope: worker.process for scope, worker in list(self._at_work.items())}

    def cpu(self) -> Mapping[str, float]:
        """Return the CPU-seconds of each slot so far, those of workers that ended among them."""
        spent = {slot: self._ended_cpu.get(slot, 0.0) for slot in range(self._workers)}
        for worker in list(self._at_work.values()):
            _look(worker)
            spent[worker.slot.slot] += worker.cpu
        return {f"live worker {slot}": seconds for slot, seconds in spent.items()}

    def _keep(self) -> None:
        while not self._over.wait(EVERY):
            with suppress(Failure):  # Postgres may be restarting
                self._bury()
                for slot in self._due().values():
                    if slot.scope not in self._at_work:
                        self._at_work[slot.scope] = self._start(slot)

    def _due(self) -> Mapping[str, Slot]:
        with self._db.transaction() as conn:
            plan_hours(conn, self._workers, "bench")
            return open_slots(conn)

    def _bury(self) -> None:
        for scope, worker in list(self._at_work.items()):
            if worker.process.alive():
                _look(worker)
                continue
            self._launches.end_run(worker.run_id)
            self._ended_cpu[worker.slot.slot] = self._ended_cpu.get(worker.slot.slot, 0.0) + worker.cpu
            del self._at_work[scope]

    def _start(self, slot: Slot) -> Worker:
        run_id = f"bench-{next(self._numbers)}"
        arguments = [str(slot.slot), slot.hour.isoformat(), run_id]
        log = self._where.folder / f"{run_id}.log"
        return Worker(slot, run_id, runs.start(self._where, "benchmarks.calls.worker", arguments, log))


def _look(worker: Worker) -> None:
    with suppress(psutil.Error):  # it has just ended
        worker.cpu = cpu_of_tree(worker.process.pid)
