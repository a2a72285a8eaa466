"""The statements of the ledger, each guarded by the fence or by what is ready.

Belongs here: SQL about items, and what its words mean. Does not: when it is said (`ledger.ledger`), batches
(`ledger.many`).
"""

from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.items import WorkClass

# What falls due later and was never begun is not there yet: it holds up nobody, and nobody is told of it.
THERE = "(state <> 'waiting' OR fence > 0 OR due_at <= now())"
# Of a serial lane only the head may be worked on, and only when nobody has another.
HEAD = """
    (NOT i.serial OR NOT EXISTS (
        SELECT FROM work.items head
        WHERE head.queue = i.queue AND head.lane = i.lane AND head.state IN ('waiting', 'leased', 'blocked')
          AND CASE WHEN head.id < i.id THEN head.state <> 'waiting' OR head.fence > 0 OR head.due_at <= now()
                   ELSE head.id > i.id AND head.lease_until >= now() END))
"""
# Ready: it fell due, or its holder's lease ran out; of a held lane, nothing.
READY = f"""
    ((i.state IN ('waiting', 'blocked') AND i.due_at <= now()) OR (i.state = 'leased' AND i.lease_until < now()))
    AND {HEAD} AND {NOT_HELD}
"""

# Of what is `ready`: the attempt of a dead holder ends, the lease begins, and with it the next attempt.
TAKEN = """buried AS (
        UPDATE work.attempts a SET ended_at = now(), outcome = 'died'
        FROM ready WHERE ready.died AND a.item_id = ready.id AND a.fence = ready.fence
    ), claimed AS (
        UPDATE work.items i SET state = 'leased', fence = i.fence + 1, holder = %(worker)s,
            lease_until = now() + %(lease)s, deaths = i.deaths + ready.died::int
        FROM ready WHERE i.id = ready.id
        RETURNING i.*
    ), opened AS (
        INSERT INTO work.attempts (item_id, fence, worker) SELECT id, fence, %(worker)s FROM claimed
    )
    SELECT id, queue, scope, lane, key, parent, class, payload, progress, attempts, deaths, fence
    FROM claimed ORDER BY class, due_at, id
"""

CLAIM = f"""
    WITH ready AS (
        SELECT i.id, i.fence, i.state = 'leased' AS died FROM work.items i
        WHERE i.queue = %(queue)s AND (i.deaths > 0 OR i.state = 'leased') = %(suspects)s
          AND (%(parents)s::bigint[] IS NULL OR i.parent = ANY(%(parents)s))
          AND (%(scope)s::text IS NULL OR i.scope = %(scope)s)
          AND (%(lanes)s::text[] IS NULL OR i.lane = ANY(%(lanes)s)) AND i.class <= %(most)s
          AND (%(keys)s::text[] IS NULL OR i.key = ANY(%(keys)s))
          AND {READY}
        ORDER BY i.class, i.due_at, i.id
        FOR UPDATE SKIP LOCKED
        LIMIT %(limit)s
    ), {TAKEN}
"""  # noqa: S608 - READY is the constant above

HELD = "WHERE id = %(id)s AND fence = %(fence)s AND state = 'leased'"
CHECK = f"SELECT FROM work.items {HELD} FOR NO KEY UPDATE"
RECALL = f"SELECT progress, attempts, deaths FROM work.items {HELD} FOR NO KEY UPDATE"  # noqa: S608
ADVANCE = f"UPDATE work.items SET progress = %(progress)s, attempts = 0, deaths = 0 {HELD}"  # noqa: S608
NOTE = f"UPDATE work.items SET progress = %(progress)s, deaths = 0 {HELD}"  # noqa: S608
_ENDED = """
    ended AS (
        UPDATE work.attempts a SET ended_at = now(), outcome = %(ended)s, reason = %(reason)s
        FROM given WHERE a.item_id = given.id AND a.fence = %(fence)s
    ) SELECT id FROM given
"""
COMPLETE = f"""
    WITH given AS (
        UPDATE work.items SET state = 'done', outcome = %(outcome)s, finished_at = now(), holder = NULL,
            lease_until = NULL, failure = NULL, reason = NULL {HELD} RETURNING id
    ), {_ENDED}
"""  # noqa: S608
GIVE_BACK = f"""
    WITH given AS (
        UPDATE work.items SET state = %(state)s, due_at = now() + %(wait)s, attempts = %(attempts)s,
            deaths = %(deaths)s, failure = %(failure)s, reason = %(reason)s, holder = NULL, lease_until = NULL,
            finished_at = CASE WHEN %(state)s = 'dead' THEN now() END {HELD} RETURNING id
    ), {_ENDED}
"""  # noqa: S608
# A history that somebody asks for is due now, but does not become more urgent than what is new. What was never begun
# and waits for what another item met (POSTPONE) is meant too.
EXPEDITE = f"""
    UPDATE work.items SET state = 'waiting', due_at = now(), attempts = 0, deaths = least(deaths, 1),
        class = CASE WHEN class >= {int(WorkClass.HISTORY)} THEN class ELSE least(class, %s) END
    WHERE state IN ('waiting', 'blocked') AND ({THERE} OR failure IS NOT NULL)
      AND (lane = %s OR (%s AND starts_with(lane, %s || '/')))
"""  # noqa: S608
# What nobody has begun meets what another item of its kind met.
POSTPONE = """
    UPDATE work.items SET due_at = greatest(due_at, now() + %(wait)s), failure = %(failure)s, reason = %(reason)s
    WHERE queue = %(queue)s AND scope = %(scope)s AND state = 'waiting' AND due_at < now() + %(wait)s
"""
# What a part of it got done shows that the whole does not kill its worker.
ACQUIT = "UPDATE work.items SET deaths = 0 WHERE id = %s AND deaths > 0"
