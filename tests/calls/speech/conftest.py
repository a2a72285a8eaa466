"""A bench with both stages, whose provider hears well until a test says otherwise."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from tests.calls.ingest.things import add_workspaces
from tests.calls.speech.things import Bench, ears
from tests.databases import Databases
from tests.llm.odd_provider import Provider, serving

TABLES = ("calls.calls", "calls.options", "llm.purchases", "llm.spend", "llm.caps", "budgets.permits")


@pytest.fixture(scope="module")
def shared(databases: Databases) -> Iterator[Database]:
    """A migrated database of all tests of a file, which empty the few tables that they fill."""
    with databases.lent() as url, closing(Database(url, size=4)) as database:
        add_workspaces(database, "acme")
        yield database


@pytest.fixture
def db(shared: Database) -> Database:
    """The shared database, as if nobody had called yet."""
    with shared.transaction() as conn:
        for table in TABLES:
            conn.execute(f"delete from {table}".encode())
    return shared


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(ears) as serves:
        yield serves


@pytest.fixture
def bench(db: Database, lake: Lake, provider: Provider) -> Bench:
    return Bench(db, lake, provider.url)
