"""The roll of a sweep: every id that the source showed, and of which ids more is wanted.

Belongs here: the table, and counting in it.
Does not: comparing (`crm.sweeps.comparing`), what follows (`crm.sweeps.sweeping`).

It is a table of the sweep's own, unlogged and without an index while ids come in: 40 million of them take 2 GB of disk
and no memory. Postgres empties it when it crashes; whoever reads it compares counts, and has the sweep begin anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.crm.work import SWEEPS, WindowTask
from nooks_dagster.failures import StalePlan

SAME, DIFFERS, MISSING = "s", "d", "m"  # marks; of what is here only the last was not shown

CREATE = 'create unlogged table if not exists {roll} (id text collate "C" not null, mark "char" not null)'
COUNT = "select count(*) from {roll}"
# Analysed, or the planner takes it for empty and looks each row up in all of it.
ANALYZE = "analyze {roll}"
DIFFERING = "select count(distinct id) from {roll} where mark = 'd'"
ALIVE = """
    select count(*) from {table}
    where connection_id = %(connection)s and source_object = %(source)s and deleted_reason is null
"""
ADD_MISSING = """
    insert into {roll} (id, mark) select t.id, 'm' from {table} t
    where t.connection_id = %(connection)s and t.source_object = %(source)s and t.deleted_reason is null
        and t.present_at < %(began)s and not exists (select from {roll} r where r.id = t.id)
"""
BORDERS = """
    select id, least(%(size)s, total - place + 1) from (
        select id, row_number() over (order by id) as place, count(*) over () as total
        from (select distinct id from {roll} where mark = any(%(marks)s::"char"[])) wanted
    ) numbered where place %% %(size)s = 1 order by id
"""
INDEX = "create index on {roll} (id) where mark <> 's'"
FROM = """
    select distinct id from {roll} where mark <> 's' and mark = any(%(marks)s::"char"[]) and id >= %(low)s
    order by id limit %(rows)s
"""
ORPHANS = """
    select tablename from pg_tables where schemaname = 'sweeps' and tablename not in (
        select 'of_' || id from work.items where queue = %s and state in ('waiting', 'leased', 'blocked'))
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many wanted ids, from one on; `marks` are those that are wanted."""

    low: str
    rows: int
    marks: str


class Roll:
    """The roll of one sweep, in the caller's transaction.

    Args:
        conn: A connection in a transaction.
        sweep: The sweep's item.
        task: The sweep.
    """

    def __init__(self, conn: psycopg.Connection[Any], sweep: int, task: WindowTask) -> None:
        self._conn = conn
        self.table = sql.Identifier("sweeps", f"of_{sweep}")
        self._words = {
            "roll": self.table,
            "table": sql.Identifier("crm", partition_name(task.canonical, task.connection)),
        }
        self._values = {"connection": task.connection, "source": task.source}
        self._subject = f"{task.connection}/{task.source}"

    def create(self) -> None:
        """Make it, if it is not there."""
        self._execute(CREATE)

    def empty(self) -> None:
        """Begin anew."""
        self.drop()
        self.create()

    def drop(self) -> None:
        """Remove it, if it is there."""
        self._execute("drop table if exists {roll}")

    def check(self, shown: int) -> None:
        """Return if it has so many ids, one that was shown twice twice.

        Raises:
            StalePlan: Postgres lost some.
        """
        if self._count(COUNT) < shown:
            raise self._lost()

    def differing(self) -> int:
        """Return how many of them differ from what is here."""
        return self._count(DIFFERING)

    def alive(self) -> int:
        """Return how many rows are here that are not deleted."""
        return self._count(ALIVE)

    def add_missing(self, began: datetime) -> int:
        """Add the rows here that were not shown and were last seen before a moment; return how many."""
        self._execute(ANALYZE)
        return self._execute(ADD_MISSING, began=began).rowcount

    def stretches(self, marks: str, size: int) -> list[Stretch]:
        """Cut what is wanted into stretches of at most so many ids."""
        found = self._execute(BORDERS, marks=list(marks), size=size).fetchall()
        self._execute(INDEX)
        return [Stretch(low, rows, marks) for low, rows in found]

    def ids(self, stretch: Stretch) -> Sequence[str]:
        """Return the ids of a stretch.

        Raises:
            StalePlan: Postgres lost some.
        """
        values = {"marks": list(stretch.marks), "low": stretch.low, "rows": stretch.rows}
        found = [id_ for (id_,) in self._execute(FROM, **values)]
        if len(found) < stretch.rows:
            raise self._lost()
        return found

    def _lost(self) -> StalePlan:
        return StalePlan(
            "Postgres crashed and lost the ids that the source had shown.",
            subject=self._subject,
            next_step="The platform asks for all of them again.",
        )

    def _count(self, query: LiteralString) -> int:
        ((count,),) = self._execute(query).fetchall()
        return int(count)

    def _execute(self, query: LiteralString, **values: object) -> psycopg.Cursor[Any]:
        return self._conn.execute(sql.SQL(query).format(**self._words), self._values | values)


def drop_orphans(conn: psycopg.Connection[Any]) -> None:
    """Drop the rolls of sweeps that are no more: their connection, or their object, was removed."""
    for (roll,) in conn.execute(ORPHANS, (SWEEPS.name,)).fetchall():
        conn.execute(sql.SQL("drop table if exists {}").format(sql.Identifier("sweeps", roll)))
