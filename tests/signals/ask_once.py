"""A program that asks about acme's accounts once, to be killed; see `tests.programs`.

A further argument is a poisonous site: the process dies as soon as it is asked about. With `READS` in the environment
it reads the sites too.
"""

import os
import signal
import threading
from pathlib import Path
from typing import Any

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.settings import Settings
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun
from tests.research.scripted import Scripted
from tests.signals.things import TECH, Seller, Shelf, found, reading


def main(url: str, bucket: str, home: str, poison: str = "") -> None:
    settings = Settings(
        postgres_url=url, home=Path(home), lease_seconds=1, stall_seconds=10, patience_seconds=0, signals_workers=4
    )

    def script(site: str, _: int) -> dict[str, Any]:
        if site == poison:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Event().wait(0.05)  # a provider's latency, so that several are on their way when the process dies
        return found(site)

    db = Database(url, size=4)
    platform = Platform(db, Lake(bucket, scratch=settings.scratch), settings, Seller(db, script), Shelf())
    run = SignalsRun("acme", "run", 1, WorkClass.HISTORY)
    beside = reading(platform, run, Scripted()) if os.environ.get("READS") else None
    list(WorkspaceSignals(platform, run, [TECH], beside).run())
