"""A lane with one worker at a time: claimed from its head in batches, given back in one statement.

Belongs here: the statements. Does not: who may claim, which the caller settles by a row that it locks
(`calls.delivery.lanes`), completing (`ledger.many`).

A lane is busy while somebody holds an item of it; a dead worker's leases run out. Its items go on in company, for a
batch of 200 that were each tried alone would cost 200 requests; only what has lost three workers is tried alone.
"""

from collections.abc import Mapping
from typing import Any

import psycopg

from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.items import Claim, Queue, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.many import claim_rows
from nooks_dagster.ledger.statements import TAKEN
from nooks_dagster.ledger.verdicts import Verdict

IN_COMPANY = 3  # deaths

# A class after the other, each from its head: a lane of 100,000 is not sorted for each batch.
_NEXT = f"""
    SELECT next.id FROM unnest(%(classes)s::smallint[]) AS c (class) CROSS JOIN LATERAL (
        SELECT i.id, i.due_at FROM work.items i
        WHERE i.queue = %(queue)s AND i.lane = %(lane)s AND i.state = 'waiting' AND i.class = c.class
          AND i.due_at <= now() AND i.deaths < {IN_COMPANY}
        ORDER BY i.due_at, i.id LIMIT %(limit)s
    ) next ORDER BY c.class, next.due_at, next.id LIMIT %(limit)s
"""  # noqa: S608 - a constant
_ABANDONED = f"""
    SELECT id FROM work.items
    WHERE queue = %(queue)s AND lane = %(lane)s AND state = 'leased' AND lease_until < now() AND deaths < {IN_COMPANY}
    LIMIT %(limit)s
"""  # noqa: S608 - a constant
_SUSPECTS = f"""
    SELECT id FROM work.items
    WHERE queue = %(queue)s AND lane = %(lane)s AND deaths >= {IN_COMPANY}
      AND (state = 'waiting' AND due_at <= now() OR state = 'leased' AND lease_until < now())
"""  # noqa: S608 - a constant
_CLAIM = f"""
    WITH ready AS (
        SELECT i.id, i.fence, i.state = 'leased' AS died FROM work.items i
        WHERE i.id = ANY(ARRAY(%s))
          AND (i.state = 'waiting' OR (i.state = 'leased' AND i.lease_until < now())) AND {NOT_HELD}
          AND NOT EXISTS (
            SELECT FROM work.items busy
            WHERE busy.queue = %%(queue)s AND busy.lane = %%(lane)s AND busy.state = 'leased'
              AND busy.lease_until >= now())
        ORDER BY i.class, i.due_at, i.id
        FOR UPDATE SKIP LOCKED LIMIT %%(limit)s
    ), {TAKEN.replace("%", "%%")}
"""  # noqa: S608 - constants
TOGETHER = _CLAIM % f"({_ABANDONED}) UNION ALL ({_NEXT})"
ALONE = _CLAIM % _SUSPECTS

GIVE_BACK = """
    WITH given AS (
        SELECT * FROM unnest(
            %(ids)s::bigint[], %(fences)s::bigint[], %(state)s::text[], %(wait)s::interval[], %(attempts)s::int[],
            %(deaths)s::int[], %(failure)s::text[], %(reason)s::text[]
        ) AS g (id, fence, state, wait, attempts, deaths, failure, reason)
    ), held AS (
        SELECT g.* FROM work.items i JOIN given g ON g.id = i.id AND g.fence = i.fence
        WHERE i.state = 'leased' ORDER BY i.id FOR NO KEY UPDATE OF i
    ), back AS (
        UPDATE work.items i SET state = held.state, due_at = now() + held.wait, attempts = held.attempts,
            deaths = held.deaths, failure = held.failure, reason = held.reason, holder = NULL, lease_until = NULL,
            finished_at = CASE WHEN held.state = 'dead' THEN now() END
        FROM held WHERE i.id = held.id
    ), ended AS (
        UPDATE work.attempts a SET ended_at = now(), outcome = coalesce(held.failure, 'released'), reason = held.reason
        FROM held WHERE a.item_id = held.id AND a.fence = held.fence
    )
    SELECT id FROM held
"""


def claim_lane(conn: psycopg.Connection[Any], ledger: Ledger, queue: Queue, lane: str, limit: int) -> list[Claim]:
    """Lease the next items of a lane in which nobody has any, in the caller's transaction; none if somebody has."""
    values: dict[str, Any] = {"queue": queue.name, "lane": lane, "limit": limit, "classes": [*WorkClass]}
    values |= {"worker": ledger.worker, "lease": ledger.lease}
    return claim_rows(conn, TOGETHER, values) or claim_rows(conn, ALONE, {**values, "limit": 1})


def give_back_many(conn: psycopg.Connection[Any], verdicts: Mapping[Claim, Verdict]) -> set[int]:
    """Give back those items that are still held, in one statement; return their ids."""
    if not verdicts:
        return set()
    values: dict[str, Any] = {"ids": [c.item.id for c in verdicts], "fences": [c.fence for c in verdicts]}
    columns = [verdict.columns() for verdict in verdicts.values()]
    values |= {name: [column[name] for column in columns] for name in columns[0]}
    return {row[0] for row in conn.execute(GIVE_BACK, values)}
