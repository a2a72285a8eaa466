"""Whether a measured run was a correct one: both sides hold the same rows, and all of them.

Belongs here: count and checksum. Does not: the proof that the rows are the source's, which the tests bring.
"""

import psycopg
from psycopg import sql

from benchmarks.services import YARDSTICK
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.failures import Corrupt

FINGERPRINT = """
    SELECT count(*), coalesce(sum(hashtextextended(ROW({columns})::text, 0)::numeric), 0)::text
    FROM {table}
"""
"""Rows in any order; a sum, so that a row that is there twice counts twice."""


def verified(url: str, connection: str, rows: int) -> str:
    """Return the checksum of the contacts of both sides: of ids, stamps, marks of deletion and all values.

    Raises:
        Corrupt: Rows are missing, doubled or different; what was measured means nothing.
    """
    with psycopg.connect(url, options="-c timezone=UTC") as conn:
        found = {name: _fingerprint(conn, name) for name in (connection, YARDSTICK)}
    counts = {name: count for name, (count, _) in found.items()}
    if set(counts.values()) != {rows}:
        raise Corrupt(f"There should be {rows} rows, and there are {counts}.", subject="crm.contacts")
    if found[connection] != found[YARDSTICK]:
        raise Corrupt("The rows of the platform and of the yardstick differ.", subject="crm.contacts")
    return found[connection][1]


def _fingerprint(conn: psycopg.Connection, connection: str) -> tuple[int, str]:
    names = ["id", "source_stamp", "deleted_reason", "merged_into", *OBJECTS["contacts"].types, "properties"]
    query = sql.SQL(FINGERPRINT).format(
        columns=sql.SQL(", ").join(map(sql.Identifier, names)),
        table=sql.Identifier("crm", partition_name("contacts", connection)),
    )
    ((count, checksum),) = conn.execute(query).fetchall()
    return count, checksum
