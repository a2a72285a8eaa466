"""A program that takes one call and is killed at a point of it; see `tests.programs`."""

import os
import signal
from pathlib import Path
from typing import Any, cast

import psycopg

from nooks_dagster.calls.model import Outcome, Stage, Task
from nooks_dagster.calls.pipeline import committing
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.hold import Hold
from nooks_dagster.calls.platform import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.asking import Seller
from nooks_dagster.settings import Settings
from tests.calls.engine.things import SECOND, Work, scripted


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Crash(Work):
    """A stage at a point of which the process is killed: `begin`, `end` (before it is written), `write`."""

    point = ""

    def run(self, task: Task) -> Outcome:
        if self.point == "begin":
            die()
        outcome = super().run(task)
        if self.point == "end":
            die()
        return outcome

    def _write(self, conn: psycopg.Connection[Any], task: Task) -> None:
        super()._write(conn, task)
        if self.point == "write":
            die()


def main(url: str, home: str, stage: str, point: str, suspects: str) -> None:
    db = Database(url, size=2)
    works = scripted(db)
    crash = Crash(db, Stage(stage))
    crash.point = point
    works[crash.stage] = crash
    if point == "written":
        finish = committing.Committer.finish

        def then_die(committer: committing.Committer, hold: Hold, *rest: Any) -> None:
            finish(committer, hold, *rest)
            die()

        committing.Committer.finish = then_die  # type: ignore[method-assign]  # the last moment there is
    settings = Settings(postgres_url=url, home=Path(home))
    ledger = Ledger(db, "doomed", 30 * SECOND, "test")
    platform = Platform(db, cast(Lake, None), settings, cast(Seller, None), works)
    crew = Crew(platform, ledger, LeaseKeeper(db, 30 * SECOND, 30 * SECOND), 1)
    crew.take(1, WorkClass.LIVE, WorkClass.HISTORY, suspects=suspects == "suspects")
    crew.join(60)
