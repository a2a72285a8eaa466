"""A bench with both stages, whose provider hears well until a test says otherwise."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.postgres import Postgres
from tests.calls.ingest.things import add_workspaces
from tests.calls.speech.things import Bench, ears
from tests.llm.odd_provider import Provider, serving

TABLES = ("calls.calls", "calls.options", "llm.purchases", "llm.spend", "llm.caps", "budgets.permits")


@pytest.fixture(scope="module")
def shared(postgres_server: Postgres, template_database: str) -> Iterator[Database]:
    """A migrated database of all tests of a file: making one takes as long as three of them."""
    name = f"test_{uuid4().hex[:12]}"
    postgres_server.create_database(name, template=template_database)
    database = Database(postgres_server.url.replace("/postgres", f"/{name}"), size=4)
    add_workspaces(database, "acme")
    yield database
    database.close()
    postgres_server.drop_database(name)


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
