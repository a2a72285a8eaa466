"""A platform whose stages follow a script, and a crew of one pair of hands."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import cast
from uuid import uuid4

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
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.settings import Settings
from tests.calls.engine.things import World, prepare, scripted

NOBODY = cast(Lake, None)
"""Scripted stages touch neither lake nor model."""


@pytest.fixture(scope="module")
def database_url(postgres_server: Postgres, template_database: str) -> Iterator[str]:
    """One database for all tests of a module, emptied before each: a copy takes ten times as long."""
    name = f"test_{uuid4().hex[:12]}"
    postgres_server.create_database(name, template=template_database)
    yield postgres_server.url.replace("/postgres", f"/{name}")
    postgres_server.drop_database(name)


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
            assert crew.join(30)
        return sorted(crew.endings.elements())

    return until_idle
