"""A platform whose stages follow a script, and a crew of one pair of hands."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.pipeline import Ending
from nooks_dagster.calls.platform import Platform
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.asking import Seller
from nooks_dagster.settings import Settings
from tests.calls.engine.things import World, prepare, scripted
from tests.databases import Databases

NOBODY = cast(Lake, None)
"""Scripted stages touch neither lake nor model."""


@pytest.fixture(scope="module")
def database_url(databases: Databases) -> Iterator[str]:
    """One database for all tests of a module, whose calls alone are removed before each."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def world(db: Database, database_url: str, tmp_path: Path) -> World:
    prepare(db)
    works = scripted(db)
    settings = Settings(postgres_url=database_url, home=tmp_path, lease_seconds=30, calls_in_hand=4)
    return World(db, Platform(db, NOBODY, settings, cast(Seller, None), works), works=works)


Work = Callable[..., list[Ending]]


@pytest.fixture
def crew(world: World) -> Crew:
    lease = timedelta(seconds=30)
    ledger = Ledger(world.db, "worker-1", lease, "test")
    return Crew(world.platform, ledger, LeaseKeeper(world.db, lease, lease), 4)


@pytest.fixture
def work(crew: Crew) -> Work:
    """Take due calls until none is, and say what became of each."""

    def until_idle(*, suspects: bool = False, limit: int = 4) -> list[Ending]:
        crew.endings.clear()
        while crew.take(limit, WorkClass.LIVE, WorkClass.HISTORY, suspects=suspects):
            assert crew.join(60)
        return sorted(crew.endings.elements())

    return until_idle
