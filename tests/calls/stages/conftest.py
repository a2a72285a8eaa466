"""One database for the stages' tests of a worker, emptied before each: a fresh one takes ten times as long."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.local.postgres import Postgres

EMPTY = """
    truncate calls.calls, calls.options, workspaces.workspaces, workspaces.connections, work.items, crm.contacts,
        crm.leads, crm.users, crm.opportunities cascade
"""


@pytest.fixture(scope="session")
def shared(postgres_server: Postgres, template_database: str) -> Iterator[Database]:
    name = f"stages_{uuid4().hex[:12]}"
    postgres_server.create_database(name, template=template_database)
    database = Database(postgres_server.url.replace("/postgres", f"/{name}"), size=4)
    yield database
    database.close()
    postgres_server.drop_database(name)


@pytest.fixture
def db(shared: Database) -> Database:
    with shared.transaction() as conn:
        conn.execute(EMPTY)
    return shared
