"""Objects that move to another table, because a file in `crm/objects` came or went.

Belongs here: beginning such an object anew, and clearing its old place when all rows are in the new one. Does not:
which table is whose (`crm.promoted`), reading (a history like any other).

Until its new history is complete the old rows stay where they were; they go in the transaction in which the window
that brought the new ones is done. So at no moment are there none, and afterwards none twice.
"""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

from nooks_dagster.crm.lifecycle.belongings import Owner, forget_work, partitioned_tables
from nooks_dagster.crm.rows.schemas import latest_tables
from nooks_dagster.crm.work import RAW, RawDataset
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.catalog import datasets_of, forget_dataset
from nooks_dagster.lake.removing import remove_below
from nooks_dagster.lake.store import Lake


def begin_anew(conn: psycopg.Connection[Any], workspace: str, connection: str, objects: Mapping[str, str]) -> None:
    """Let the objects that belong to another table now begin with a history, in the caller's transaction.

    Args:
        conn: In a transaction.
        workspace: Whose.
        connection: Its connection.
        objects: The table of each source object, as it is now.
    """
    for source, table in latest_tables(conn, connection).items():
        if objects.get(source, table) != table:
            while forget_work(conn, Owner(workspace, connection, source)):
                continue
            for name in ("watermarks", "schemas", "counts"):
                statement = sql.SQL("delete from {} where connection_id = %s and source_object = %s")
                conn.execute(statement.format(sql.Identifier("crm", name)), (connection, source))


def clear_old_tables(conn: psycopg.Connection[Any], raw: RawDataset) -> None:
    """Delete the rows of an object from every table but its own, in the caller's transaction; mostly there are none."""
    for table in partitioned_tables(conn, "crm"):
        if table != raw.canonical:
            statement = sql.SQL("delete from {} where connection_id = %s and source_object = %s")
            conn.execute(statement.format(sql.Identifier("crm", table)), (raw.connection, raw.source))


def clear_old_datasets(db: Database, lake: Lake, raw: RawDataset) -> None:
    """Remove every dataset of an object but its own, once its history is complete.

    After a death in between they stay, and nobody reads them, until the object is next read as a whole.
    """
    with db.transaction() as conn:
        old = [one for one in datasets_of(conn, RAW, raw.place) if one != raw.prefix]
    for prefix in old:
        remove_below(lake, f"{prefix}/")
        with db.transaction() as conn:
            forget_dataset(conn, prefix)
