"""The guard against mass deletions: a permission that was lost looks like rows that were deleted.

Belongs here: how many rows may go without a person's word, what waits for one, and giving it. Does not: finding them
(`crm.sweeps.sweeping`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.work import SWEEPS, Request, WindowTask
from nooks_dagster.failures import Permanent

MOST_ROWS = 1_000
MOST_SHARE = 0.02
FEW_ROWS = 20  # of an object with few rows so many may go, and more where that is not the half

# As many as the person was told of, and no more.
CONFIRM = """
    UPDATE work.items SET payload = payload || jsonb_build_object('confirmed', progress -> 'withheld'),
        state = 'waiting', due_at = now(), attempts = 0
    WHERE queue = %s AND state IN ('waiting', 'blocked') AND progress ? 'withheld'
        AND payload ->> 'connection' = ANY(%s) AND (%s::text[] IS NULL OR payload ->> 'canonical' = ANY(%s))
"""
LOOK_AGAIN = """
    UPDATE work.items SET state = 'waiting', due_at = now(), attempts = 0,
        progress = CASE WHEN progress ? 'withheld' THEN progress || '{"again": true}' ELSE progress END
    WHERE queue = %s AND state IN ('waiting', 'blocked') AND lane = ANY(%s)
"""
WITHHELD = """
    SELECT payload ->> 'workspace' AS workspace, payload ->> 'connection' AS connection,
        payload ->> 'source' AS source, payload ->> 'canonical' AS canonical,
        (progress ->> 'withheld')::bigint AS rows, reason, (progress ->> 'withheld_at')::timestamptz AS since
    FROM work.items WHERE queue = %s AND state IN ('waiting', 'leased', 'blocked') AND progress ? 'withheld'
        AND (progress ->> 'withheld')::bigint > coalesce((payload ->> 'confirmed')::bigint, 0)
    ORDER BY 1, 2, 4, 3
"""


class Withheld(Permanent):
    """More rows would be deleted than may go without a person's word; `rows` is how many of the `alive` ones."""

    def __init__(self, task: WindowTask, rows: int, alive: int) -> None:
        whole = f"none of the {alive:,} rows" if rows == alive else f"{rows:,} of the {alive:,} rows"
        super().__init__(
            f"The source {'shows' if rows == alive else 'no longer shows'} {whole} that are here. None was deleted.",
            subject=f"{task.connection}/{task.source}",
            next_step="If the user lost access, give it back: it is looked at again within a day. If they are really "
            f"gone, run `nooks sync {task.workspace} --objects {task.canonical} --confirm-deletions`.",
        )
        self.rows = rows
        self.alive = alive


@dataclass(frozen=True, slots=True)
class WithheldRows:
    """Rows of one object that wait for a person's word before they are deleted; `since` by the database's clock."""

    workspace: str
    connection: str
    source: str
    canonical: str
    rows: int
    reason: str | None
    since: datetime


def withheld(conn: psycopg.Connection[Any]) -> Sequence[WithheldRows]:
    """Return what waits for a person's word, of all workspaces."""
    return conn.cursor(row_factory=class_row(WithheldRows)).execute(WITHHELD, (SWEEPS.name,)).fetchall()


def confirm(conn: psycopg.Connection[Any], connections: Sequence[str], request: Request) -> None:
    """Let the deletions go on that a person was told of.

    Raises:
        Permanent: None wait.
    """
    objects = list(request.objects) or None
    done = conn.execute(CONFIRM, (SWEEPS.name, list(connections), objects, objects))
    if not done.rowcount:
        raise Permanent(
            "No deletions wait for a confirmation.",
            subject=", ".join(connections)[:200],
            next_step="`nooks status` names those that do.",
        )


def look_again(conn: psycopg.Connection[Any], lanes: Sequence[str]) -> None:
    """Let the sweeps of some lanes that wait begin anew now, without the patience that they have with a person."""
    conn.execute(LOOK_AGAIN, (SWEEPS.name, list(lanes)))


def check(task: WindowTask, missing: int, alive: int) -> None:
    """Return if so many rows may go.

    Args:
        task: The sweep.
        missing: Rows here that the source did not show.
        alive: All rows here that are not deleted, those among them.

    Raises:
        Withheld: They are all, or more than 2 % and more than 1,000, or more than half and more than 20, and nobody
            confirmed so many.
    """
    many = missing > MOST_ROWS and missing > MOST_SHARE * alive
    most = missing > FEW_ROWS and 2 * missing > alive
    if missing > task.confirmed and (many or most or 0 < missing == alive):
        raise Withheld(task, missing, alive)
