"""Counting what we have of a workspace."""

import pytest

from nooks_dagster.crm.reporting.stored import Stored, stored
from nooks_dagster.crm.rows.tables import ensure_partitions, partition_name
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry

ROWS = """
    INSERT INTO crm.accounts (connection_id, source_object, id, source_stamp, observed_at, present_at, deleted_reason)
    SELECT %s, 'Account', n::text, now(), now(), now(), CASE WHEN n = 1 THEN 'deleted' END
    FROM generate_series(1, 5) n
"""


@pytest.fixture(autouse=True)
def two_workspaces(db: Database) -> None:
    for workspace in ("acme", "bravo"):
        connection = Registry(db).add_connection(workspace, "salesforce", {}, "env:NONE", sandbox=True)
        ensure_partitions(db, connection.id)
        with db.transaction() as conn:
            conn.execute(ROWS, (connection.id,))


def test_rows_and_tombstones_are_those_of_the_workspace(db: Database) -> None:
    with db.transaction() as conn:
        assert stored(conn, "acme", "accounts") == Stored(rows=4, tombstones=1, parts_rows=0, parts_bytes=0)
        assert stored(conn, "nobody", "accounts").rows == 0


def test_the_rows_of_other_workspaces_are_not_looked_at(db: Database) -> None:
    others = partition_name("accounts", "bravo-salesforce")
    with db.transaction() as holder, db.transaction() as conn:
        holder.execute(f"LOCK TABLE crm.{others} IN ACCESS EXCLUSIVE MODE".encode())
        conn.execute("SET LOCAL lock_timeout = '2s'")
        assert stored(conn, "acme", "accounts").rows == 4
