"""Which sweeps there are: those that fall due, those that a person asks for, and the one behind a reading of every row.

Belongs here: turning rhythms, requests and windows into sweeps and late passes in the ledger, without asking a CRM.
Does not: what a sweep does (`crm.sweeps.sweeping`), Dagster's schedules.

All is listed in each depth, so each finds what is missing. Weekly every object is compared in all its depths; daily
those of at most a million rows that have calculated fields: to list them costs 10,000 calls of HubSpot's 625,000 a day,
where 40 million would cost 400,000. Objects whose every window reads every row need neither.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from nooks_dagster.crm.model import SourceObject, Volatile
from nooks_dagster.crm.rows.schemas import shapes_of
from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.crm.starts.clock import Rhythm, starts
from nooks_dagster.crm.sweeps.roll import drop_orphans
from nooks_dagster.crm.sync.landed import first_observed
from nooks_dagster.crm.sync.watermarks import watermarks
from nooks_dagster.crm.work import DEPTHS, IDS, Request, WindowKind, WindowTask
from nooks_dagster.ledger.items import Item, NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

DAILY_ROWS = 1_000_000
LATE = ((72, timedelta(days=1)), (6, timedelta(hours=1)))  # the hours that are looked back, and how often

OPEN = """
    SELECT EXISTS (SELECT FROM work.items
        WHERE queue = %s AND lane = %s AND payload ->> 'kind' = %s AND state IN ('waiting', 'leased', 'blocked')
            AND coalesce((payload ->> 'hours')::int, 0) >= %s AND coalesce(payload -> 'sweep', '[]') @> %s)
"""
# About: as Postgres last counted, with the other source objects in the same table.
ROWS = "SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = to_regclass(%s)"
VANISHED = """
    SELECT EXISTS (SELECT FROM {} WHERE connection_id = %s AND source_object = %s AND deleted_reason IS NULL
        AND present_at < %s)
"""


def asked_sweeps(conn: psycopg.Connection[Any], connection: Connection, request: Request, key: str) -> list[NewItem]:
    """Return the sweeps that a request means for a connection: of objects that have fields of these depths."""
    return [
        replace(task, sweep=depths).item(f"{WindowKind.SWEEP}:{key}", WorkClass.NIGHTLY)
        for task, source in _known(conn, connection, WindowKind.SWEEP)
        if request.wants(task.canonical) and (depths := _depths(source, request.sweep))
    ]


def plan_sweeps(ledger: Ledger) -> int:
    """Plan the sweeps that fell due; return how many. One that is still open holds up the next of its object."""
    connections = _active(ledger)
    with ledger.db.transaction() as conn:
        drop_orphans(conn)
        weekly = ledger.plan(conn, _weekly(conn, _due(conn, "sweep.weekly", timedelta(days=7), connections)))
        return weekly + ledger.plan(conn, _daily(conn, _due(conn, "sweep.daily", timedelta(days=1), connections)))


def plan_late_passes(ledger: Ledger) -> int:
    """Plan the passes over what may have shown late, where the source does not say how late; return how many."""
    connections = _active(ledger)
    with ledger.db.transaction() as conn:
        return sum(
            ledger.plan(conn, _late(conn, connection, at, hours))
            for hours, every in LATE
            for connection, at in _due(conn, f"late.{hours}h", every, connections)
        )


def sweep_after(conn: psycopg.Connection[Any], window: Item, source: SourceObject) -> NewItem | None:
    """Return the sweep behind a window that read every row and did not meet some that are here; else None."""
    task = WindowTask.of(window)
    whole = source.whole or task.kind is WindowKind.REFRESH  # before a history there is no row that it could miss
    if not whole or task.kind is WindowKind.REBUILD or (began := first_observed(conn, window.id)) is None:
        return None
    table = sql.Identifier("crm", partition_name(task.canonical, task.connection))
    row = conn.execute(sql.SQL(VANISHED).format(table), (task.connection, task.source, began)).fetchone()
    place = (task.workspace, task.connection, task.source, task.canonical)
    sweep = WindowTask(*place, WindowKind.SWEEP, until=began.isoformat())
    if not row or not row[0] or _is_open(conn, sweep):
        return None
    return sweep.item(f"{WindowKind.SWEEP}:after:{window.id}", WorkClass.NIGHTLY)


def _weekly(conn: psycopg.Connection[Any], due: Iterable[tuple[Connection, datetime]]) -> Iterator[NewItem]:
    for connection, at in due:
        for task, source in _known(conn, connection, WindowKind.SWEEP):
            sweep = replace(task, sweep=_depths(source, DEPTHS))
            if not source.whole and not _is_open(conn, sweep):
                yield sweep.item(f"{WindowKind.SWEEP}:weekly:{at.isoformat()}", WorkClass.NIGHTLY)


def _daily(conn: psycopg.Connection[Any], due: Iterable[tuple[Connection, datetime]]) -> Iterator[NewItem]:
    for connection, at in due:
        for task, source in _known(conn, connection, WindowKind.SWEEP):
            sweep = replace(task, sweep=_depths(source, [Volatile.CALCULATED]))
            wanted = sweep.sweep and not source.whole and _rows(conn, task) <= DAILY_ROWS
            if wanted and not _is_open(conn, sweep):
                yield sweep.item(f"{WindowKind.SWEEP}:daily:{at.isoformat()}", WorkClass.NIGHTLY)


def _late(conn: psycopg.Connection[Any], connection: Connection, at: datetime, hours: int) -> Iterator[NewItem]:
    for task, source in _known(conn, connection, WindowKind.LATE):
        late = replace(task, hours=hours)
        if source.lags and not source.whole and not _is_open(conn, late):
            # Of the class of what is new: it stands in the lane of the windows, and must not hold them up.
            yield late.item(f"{WindowKind.LATE}:{hours}:{at.isoformat()}", WorkClass.INCREMENTAL)


def _active(ledger: Ledger) -> list[Connection]:
    return [c for c in Registry(ledger.db).connections() if c.state is ConnectionState.ACTIVE]


def _due(
    conn: psycopg.Connection[Any], rhythm: str, every: timedelta, connections: Iterable[Connection]
) -> list[tuple[Connection, datetime]]:
    """Return the connections for which it is time, each with the last start that fell due: several missed are one."""
    known = {c.id: c for c in connections}
    rhythms = [Rhythm(c.id, every, usable_since=c.state_since) for c in known.values()]
    found = starts(conn, rhythm, rhythms, timedelta())
    return [(known[id_], moments[-1]) for id_, moments in found.items() if moments]


def _known(
    conn: psycopg.Connection[Any], connection: Connection, kind: WindowKind
) -> Iterator[tuple[WindowTask, SourceObject]]:
    """Yield a task for each object whose history is complete, with the object as it was last read."""
    complete = watermarks(conn, connection.id)
    for name, (source, *_) in shapes_of(conn, connection.id).items():
        if name in complete:
            yield WindowTask(connection.workspace, connection.id, name, source.canonical, kind), source


def _depths(source: SourceObject, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return those of some depths that an object has something to compare in."""
    has = {IDS, *(field.volatile for field in source.fields)}
    return tuple(depth for depth in DEPTHS if depth in wanted and depth in has)


def _is_open(conn: psycopg.Connection[Any], task: WindowTask) -> bool:
    """Say whether one that looks as far and as deep is not done yet."""
    values = (task.queue.name, task.lane, task.kind, task.hours, Jsonb(task.sweep))
    ((found,),) = conn.execute(OPEN, values).fetchall()
    return bool(found)


def _rows(conn: psycopg.Connection[Any], task: WindowTask) -> int:
    table = sql.Identifier("crm", partition_name(task.canonical, task.connection)).as_string()
    row = conn.execute(ROWS, (table,)).fetchone()
    return int(row[0]) if row else 0
