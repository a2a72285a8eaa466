"""One database for the stages' tests of a worker, emptied before each: a fresh one takes ten times as long."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from nooks_dagster.database.pool import Database
from tests.databases import Databases

EMPTY = """
    truncate calls.calls, calls.options, workspaces.workspaces, workspaces.connections, work.items, crm.contacts,
        crm.leads, crm.users, crm.opportunities cascade
"""


@pytest.fixture(scope="session")
def shared(databases: Databases) -> Iterator[Database]:
    with databases.lent() as url, closing(Database(url, size=4)) as database:
        yield database


@pytest.fixture
def db(shared: Database) -> Database:
    with shared.transaction() as conn:
        conn.execute(EMPTY)
    return shared
