"""Many items in one statement: claimed with a fair share for each lane, completed together.

Belongs here: the statements and what they return. Does not: single items (`ledger.ledger`), renewal (`ledger.leases`,
which renews all that a process holds at once).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.items import Claim, Item, WorkClass
from nooks_dagster.ledger.statements import TAKEN

# The next item goes to the lane that has the fewest under way, whoever waits longest in it. Each lane costs one look
# into an index, however much waits there. Four times as many are looked at as may be taken, for other workers take at
# the same moment; with 200 lanes that is some of each, which costs 5 ms and not 40.
_WITHIN = "(%(of)s::text IS NULL OR i.payload -> %(of)s::text <@ %(within)s)"
FAIRLY = f"""
    WITH RECURSIVE lanes AS (
        (SELECT lane FROM work.items WHERE queue = %(queue)s AND state = 'waiting' ORDER BY lane LIMIT 1)
        UNION ALL
        SELECT (
            SELECT next.lane FROM work.items next
            WHERE next.queue = %(queue)s AND next.state = 'waiting' AND next.lane > lanes.lane
            ORDER BY next.lane LIMIT 1)
        FROM lanes WHERE lanes.lane IS NOT NULL
    ), busy AS (
        SELECT lane, count(*) AS items FROM work.items WHERE queue = %(queue)s AND state = 'leased' GROUP BY lane
    ), share AS (
        SELECT 1 + 4 * %(limit)s / greatest(1, count(lane)) AS most FROM lanes
    ), turns AS (
        SELECT due.id, due.class, due.due_at,
            coalesce(busy.items, 0) + row_number() OVER (
                PARTITION BY lanes.lane ORDER BY due.class, due.due_at, due.id) AS turn
        FROM lanes CROSS JOIN LATERAL (
            SELECT i.id, i.class, i.due_at FROM work.items i
            WHERE i.queue = %(queue)s AND i.lane = lanes.lane AND i.state = 'waiting' AND i.deaths = 0
              AND i.class BETWEEN %(least)s AND %(most)s AND i.due_at <= now() AND {NOT_HELD} AND {_WITHIN}
            ORDER BY i.class, i.due_at, i.id LIMIT (SELECT most FROM share)
        ) due LEFT JOIN busy USING (lane)
        ORDER BY due.class, turn, due.due_at LIMIT 4 * %(limit)s
    ), ready AS (
        SELECT i.id, i.fence, false AS died FROM work.items i JOIN turns USING (id)
        WHERE i.state = 'waiting' ORDER BY turns.class, turns.turn, turns.due_at
        FOR UPDATE OF i SKIP LOCKED LIMIT %(limit)s
    ), {TAKEN}
"""  # noqa: S608 - constants of the neighbours
SUSPECTS = f"""
    WITH ready AS (
        SELECT i.id, i.fence, i.state = 'leased' AS died FROM work.items i
        WHERE i.id = ANY(ARRAY(
            SELECT id FROM work.items WHERE queue = %(queue)s AND state = 'leased' AND lease_until < now()
            UNION ALL
            SELECT id FROM work.items
            WHERE queue = %(queue)s AND state = 'waiting' AND deaths > 0 AND due_at <= now()))
          AND (i.state = 'waiting' OR (i.state = 'leased' AND i.lease_until < now()))
          AND i.class BETWEEN %(least)s AND %(most)s AND {NOT_HELD} AND {_WITHIN}
        ORDER BY i.class, i.due_at, i.id
        FOR UPDATE SKIP LOCKED LIMIT %(limit)s
    ), {TAKEN}
"""  # noqa: S608 - constants of the neighbours
# Locked in the order of their ids, as a renewal locks them: neither waits for the other in a circle.
HOLD = """
    SELECT FROM work.items i
    JOIN unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS h (id, fence) ON i.id = h.id AND i.fence = h.fence
    ORDER BY i.id FOR NO KEY UPDATE OF i
"""
COMPLETE = """
    WITH given AS (
        SELECT * FROM unnest(%(ids)s::bigint[], %(fences)s::bigint[], %(outcomes)s::jsonb[]) AS g (id, fence, outcome)
    ), held AS (
        SELECT i.id, g.outcome FROM work.items i JOIN given g ON g.id = i.id AND g.fence = i.fence
        WHERE i.state = 'leased' ORDER BY i.id FOR NO KEY UPDATE OF i
    ), done AS (
        UPDATE work.items i SET state = 'done', outcome = held.outcome, finished_at = now(), holder = NULL,
            lease_until = NULL, failure = NULL, reason = NULL
        FROM held WHERE i.id = held.id RETURNING i.id, i.fence, i.parent
    ), ended AS (
        UPDATE work.attempts a SET ended_at = now(), outcome = 'done'
        FROM done WHERE a.item_id = done.id AND a.fence = done.fence
    ), acquitted AS (
        UPDATE work.items p SET deaths = 0 WHERE p.deaths > 0 AND p.id IN (SELECT parent FROM done)
    )
    SELECT id FROM done
"""


def claim_rows(conn: psycopg.Connection[Any], sql: str, values: Mapping[str, Any]) -> list[Claim]:
    """Run a statement that claims; return what it took."""
    rows = conn.cursor(row_factory=dict_row).execute(sql.encode(), values).fetchall()
    return [Claim(item=_item(row), fence=row["fence"]) for row in rows]


def hold_many(conn: psycopg.Connection[Any], claims: Iterable[Claim]) -> None:
    """Lock items that more than one statement of the caller's transaction is about to change."""
    held = list(claims)
    conn.execute(HOLD, {"ids": [claim.item.id for claim in held], "fences": [claim.fence for claim in held]})


def complete_rows(conn: psycopg.Connection[Any], outcomes: Mapping[Claim, Mapping[str, Any]]) -> set[int]:
    """Finish those that are still held; return their ids."""
    values = {
        "ids": [claim.item.id for claim in outcomes],
        "fences": [claim.fence for claim in outcomes],
        "outcomes": [Jsonb(outcome) for outcome in outcomes.values()],
    }
    return {row[0] for row in conn.execute(COMPLETE, values)} if outcomes else set()


def _item(row: Mapping[str, Any]) -> Item:
    columns = {name: row[name] for name in Item.__dataclass_fields__ if name != "work_class"}
    return Item(**columns, work_class=WorkClass(row["class"]))
