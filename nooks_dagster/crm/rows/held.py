"""Which rows of a connection are here already, so that a connector need not fetch them again.

Belongs here: the question, and who answers it. Does not: what is worth fetching (each connector).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, LiteralString, Protocol

from psycopg import sql

from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.database.pool import Database


class Held(Protocol):
    """Which rows of a connection we have already."""

    def stamps(self, source: SourceObject, ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return the source stamp of each of these rows that we have and that is not deleted."""
        ...

    def deleted(self, source: SourceObject, ids: Sequence[str]) -> Collection[str]:
        """Return those of these rows that we know as deleted or merged."""
        ...

    def lately_deleted(self, source: SourceObject, most: int) -> int:
        """Return how many rows we have come to know as deleted in the last 90 days, counting no further than `most`."""
        ...


class NothingHeld:
    """Has no row: everything is fetched."""

    def stamps(self, source: SourceObject, ids: Sequence[str]) -> Mapping[str, datetime]:  # noqa: ARG002 - the protocol's
        """Return nothing."""
        return {}

    def deleted(self, source: SourceObject, ids: Sequence[str]) -> Collection[str]:  # noqa: ARG002 - the protocol's
        """Return none."""
        return ()

    def lately_deleted(self, source: SourceObject, most: int) -> int:  # noqa: ARG002 - the protocol's
        """Return 0."""
        return 0


class HeldRows:
    """The rows of a connection in the canonical tables.

    Args:
        db: The platform's database.
        connection_id: Whose rows; its partitions exist (`crm.rows.tables`).
    """

    def __init__(self, db: Database, connection_id: str) -> None:
        self._db = db
        self._connection_id = connection_id

    def stamps(self, source: SourceObject, ids: Sequence[str]) -> Mapping[str, datetime]:
        """Return the source stamp of each of these rows that is in the table and not deleted, by one query.

        Raises:
            Unavailable: Postgres does not answer.
            Permanent: The connection has no partitions.
        """
        return dict(self._select(_STAMPS, source, [*ids]))

    def deleted(self, source: SourceObject, ids: Sequence[str]) -> Collection[str]:
        """Return those of these rows that we know as deleted or merged; raises as `stamps` does."""
        return {id_ for (id_,) in self._select(_DELETED, source, [*ids])}

    def lately_deleted(self, source: SourceObject, most: int) -> int:
        """Return how many rows we have come to know as deleted in the last 90 days, by an index; raises as `stamps`."""
        ((count,),) = self._select(_LATELY_DELETED, source, most)
        return int(count)

    def _select(self, query: LiteralString, source: SourceObject, value: object) -> list[tuple[Any, ...]]:
        table = sql.Identifier("crm", partition_name(source.canonical, self._connection_id))
        with self._db.transaction() as conn:
            statement = sql.SQL(query).format(table=table)
            return conn.execute(statement, [self._connection_id, source.name, value]).fetchall()


_STAMPS = """
    select id, source_stamp from {table}
    where connection_id = %s and source_object = %s and id = any(%s) and deleted_reason is null
"""
_DELETED = """
    select id from {table}
    where connection_id = %s and source_object = %s and id = any(%s) and deleted_reason in ('deleted', 'merged')
"""
_LATELY_DELETED = """
    select count(*) from (
        select from {table} where connection_id = %s and source_object = %s and deleted_reason = 'deleted'
            and observed_at > now() - interval '90 days' limit %s
    ) lately
"""
