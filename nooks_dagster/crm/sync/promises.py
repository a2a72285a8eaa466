"""Whether the chunks of a window brought together what the source promised.

Belongs here: comparing the source's counts with what landed and with what the table holds. Does not: the count of a
single chunk (`crm.sync.chunks`).

A page that is sent in place of another one has the right number of rows, and so has the job. Only the table knows
that some of them came twice, and that others must be missing.
"""

from typing import Any

import psycopg
from psycopg import sql

from nooks_dagster.crm.rows.tables import partition_name
from nooks_dagster.crm.work import WindowTask, moment
from nooks_dagster.failures import StalePlan

PROMISED = """
    SELECT count(*), coalesce(sum(promised), 0)::bigint, coalesce(sum(came), 0)::bigint,
        count(*) FILTER (WHERE promised <> came), min(began)
    FROM (
        SELECT max((payload -> 'promise' ->> 'rows')::bigint) AS promised,
            coalesce(sum((outcome ->> 'rows')::bigint), 0) AS came, min(progress ->> 'observed_at') AS began
        FROM work.items WHERE parent = %s AND payload ? 'promise' GROUP BY payload -> 'promise' ->> 'name'
    ) AS promise
"""
SEEN = "SELECT count(*) FROM {} WHERE connection_id = %s AND source_object = %s AND present_at >= %s"


def check_promises(conn: psycopg.Connection[Any], task: WindowTask, window: int) -> None:
    """Return if the promises of a window are kept, at once if it has none.

    Raises:
        StalePlan: Rows are missing, or came twice in the place of others.
    """
    promises, promised, came, broken, began = conn.execute(PROMISED, (window,)).fetchone() or (0, 0, 0, 0, None)
    if not promises:
        return
    if broken:
        raise _broken(task, f"{promised} rows were promised and {came} came")
    seen = _seen_since(conn, task, began) if began else 0
    if seen < came:
        raise _broken(task, f"{came} rows came, {came - seen} of them twice")


def _seen_since(conn: psycopg.Connection[Any], task: WindowTask, began: str) -> int:
    table = sql.Identifier("crm", partition_name(task.canonical, task.connection))
    found = conn.execute(sql.SQL(SEEN).format(table), (task.connection, task.source, moment(began))).fetchone()
    return int(found[0]) if found else 0


def _broken(task: WindowTask, what: str) -> StalePlan:
    return StalePlan(
        f"The result pages are not the whole result: {what}.",
        subject=f"{task.connection}/{task.source}",
        next_step="The platform asks for all of them again.",
    )
