"""A platform with accounts whose pages are on a shelf, and a seller that follows a script."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.research.researcher import Researcher
from nooks_dagster.settings import Settings
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.reports import BatchReport
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, Request, SignalsRun
from tests.signals.things import TECH, Seller, Shelf, reading


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def seller(db: Database) -> Seller:
    return Seller(db)


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, seller: Seller, shelf: Shelf) -> Platform:
    settings = Settings(
        postgres_url=database_url,
        home=tmp_path,
        lease_seconds=2,
        patience_seconds=5,
        signals_workers=8,
        stall_seconds=20,
    )
    return Platform(db, lake, settings, seller, shelf)


@dataclass
class Clicks:
    """Runs of signals, as a person or the dispatcher starts them."""

    platform: Platform
    count: int = 0

    def __call__(self, *signals: Signal, workspace: str = "acme", **wanted: Any) -> list[BatchReport]:
        return list(self.start(*signals, workspace=workspace, **wanted).run())

    def start(
        self,
        *signals: Signal,
        workspace: str = "acme",
        launch: int | None = None,
        work_class: WorkClass = WorkClass.ASKED,
        platform: Platform | None = None,
        pages: Researcher | None = None,
        **request: Any,
    ) -> WorkspaceSignals:
        """Make ready a run; with pages it reads them too."""
        self.count += 1
        run = SignalsRun(workspace, f"run-{self.count}", launch, work_class, Request(**request))
        on = platform or self.platform
        return WorkspaceSignals(on, run, signals or (TECH,), reading(on, run, pages) if pages else None)


@pytest.fixture
def click(platform: Platform) -> Clicks:
    return Clicks(platform)
