"""Runs of one family of work, launched when they fall due by the platform's own clock and dispatcher.

Run as `python -m benchmarks.calls.beside.running crm|signals clock|once WORKSPACE...`, with the configuration in the
environment: by the clock for ever, or once, until nothing is due any more.

Belongs here: ticks, slots, a thread for each run. Does not: Dagster, whose cost is 4 CPU-s a run; with a cadence of a
minute instead of 15 it would be all that is measured.
"""

import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

from assets.account_signals.catalog import signals
from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.starts.incremental import plan_starts
from nooks_dagster.crm.sync.runs import Platform as CrmPlatform
from nooks_dagster.crm.sync.runs import SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.launches import Launch, Launches
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.door import Door
from nooks_dagster.research.library import Library
from nooks_dagster.settings import Settings, settings
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform as SignalsPlatform
from nooks_dagster.signals.work import SignalsRun

TICK_SECONDS = 5.0  # as often as Dagster looks at a sensor
SOON_SECONDS = 0.5
AHEAD = timedelta(minutes=1)
LEASE = timedelta(seconds=30)
Work = Callable[[str, Launch], None]


@dataclass(frozen=True, slots=True)
class Family:
    """How many runs of it there are at once, and how to make what one does."""

    runs: Callable[[Settings], int]
    work: Callable[[Database, Settings], Work]


def _syncing(db: Database, here: Settings) -> Work:
    platform = CrmPlatform(db, Lake(here.lake_bucket, scratch=here.scratch), here, shared_connectors(db))

    def work(workspace: str, launch: Launch) -> None:
        run = SyncRun(workspace, _run_id(launch), launch.n, WorkClass(launch.work_class))
        list(WorkspaceSync(platform, run).run())

    return work


def _asking(db: Database, here: Settings) -> Work:
    lake = Lake(here.lake_bucket, scratch=here.scratch)
    platform = SignalsPlatform(db, lake, here, Door(db, here), Library(db, lake))

    def work(workspace: str, launch: Launch) -> None:
        run = SignalsRun(workspace, _run_id(launch), launch.n, WorkClass(launch.work_class))
        list(WorkspaceSignals(platform, run, signals()).run())

    return work


FAMILIES: Mapping[str, Family] = {
    "crm": Family(lambda here: here.crm_runs, _syncing),
    "signals": Family(lambda here: here.signals_runs, _asking),
}


class Runs:
    """The runs of a family.

    Args:
        name: The family's.
        workspaces: Whose work is launched.
        db: The platform's database.
        here: How many at once.
    """

    def __init__(self, name: str, workspaces: Sequence[str], db: Database, here: Settings) -> None:
        family = FAMILIES[name]
        self._most = family.runs(here)
        self._scopes = [f"{name}/{workspace}" for workspace in workspaces]
        self._launches = Launches.of(db, here)
        self._work = family.work(db, here)
        self._slots = threading.Semaphore(self._most)
        self._under_way: Sequence[threading.Thread] = []

    def tick(self) -> bool:
        """Launch what is due, as many as the sensor would; say whether anything is under way."""
        due = self._launches.due(2 * self._most, max(1, self._most - 1), self._scopes)
        new = [threading.Thread(target=self._run, args=(launch,), name=launch.key, daemon=True) for launch in due]
        for thread in new:
            thread.start()
        self._under_way = [thread for thread in (*self._under_way, *new) if thread.is_alive()]
        return bool(self._under_way)

    def _run(self, launch: Launch) -> None:
        with self._slots:
            self._work(launch.scope.partition("/")[2], launch)


def main(name: str, mode: str, *workspaces: str) -> None:
    """Launch what is due, tick by tick."""
    here = settings()
    with closing(Database(here.postgres_url, FAMILIES[name].runs(here) * here.postgres_connections)) as db:
        runs, ledger = Runs(name, workspaces, db, here), Ledger(db, "bench", LEASE)
        while mode == "clock":
            plan_starts(ledger, timedelta(minutes=here.crm_cadence_minutes), AHEAD)
            runs.tick()
            time.sleep(TICK_SECONDS)
        while runs.tick():
            time.sleep(SOON_SECONDS)


def _run_id(launch: Launch) -> str:
    return launch.key.replace("/", "-").replace(":", "-")


if __name__ == "__main__":
    main(*sys.argv[1:])
