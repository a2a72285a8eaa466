"""Replay: dead letters and refused calls are sent again, a thousand at most, and it is kept who asked for what.

Belongs here: finding and reviving them. Does not: working on them again (live workers), dead letters of other kinds
(`ledger.dead_letters`).

What a call had done stays done: it goes on at the stage at which it died, though other work may have had its item
since. A poison one goes on alone. A refused call begins anew, and only if it is named or its stage is: most are refused
for good.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from nooks_dagster.calls.model import WORKED, Stage
from nooks_dagster.calls.reprocessing.redoing import Redo, plan_again
from nooks_dagster.calls.work import CALLS, CHANNEL, DELIVERIES
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass

KEPT_IDS = 300
"""Of those that were named: a thousand ids of 19 digits are more than 8 KB."""
MOST = 1_000
"""Sent again at once: what they died of may still be there."""
_NOT_CHOSEN_BY = ("asked_by", "dry_run", "release")

_CHOSEN = """
    (%(workspace)s::text IS NULL OR {0}.workspace = %(workspace)s::text)
    AND (%(failure)s::text IS NULL OR {1}.failure = %(failure)s::text)
    AND (%(ids)s::bigint[] IS NULL OR {1}.call = ANY(%(ids)s::bigint[]))
"""
DEAD_STAGES = f"""
    SELECT s.call, c.workspace, false AS refused, array_agg(s.stage) AS stages
    FROM calls.stages s JOIN calls.calls c ON c.id = s.call
    WHERE s.status = 'dead' AND c.state <> 'refused' AND (%(stage)s::text IS NULL OR s.stage = %(stage)s::text)
      AND {_CHOSEN.format("c", "s")}
    GROUP BY s.call, c.workspace ORDER BY s.call LIMIT %(most)s
"""  # noqa: S608 - the constant above
REFUSED = f"""
    SELECT s.call, c.workspace, true AS refused, array[s.stage] AS stages
    FROM calls.stages s JOIN calls.calls c ON c.id = s.call
    WHERE s.stage = '{Stage.VALIDATE}' AND s.status = 'refused' AND c.state = 'refused'
      AND {_CHOSEN.format("c", "s")}
    ORDER BY s.call LIMIT %(most)s
"""  # noqa: S608 - likewise
DEAD_DELIVERIES = f"""
    SELECT DISTINCT d.call, d.workspace, false AS refused, array[]::text[] AS stages FROM calls.deliveries d
    WHERE d.state = 'dead' AND {_CHOSEN.format("d", "d")}
    ORDER BY d.call LIMIT %(most)s
"""  # noqa: S608 - the constant above
# In the order in which the work itself locks them: the items, the calls, their stages.
REVIVE = """
    UPDATE work.items i SET state = 'waiting', class = least(i.class, %(class)s), due_at = now(), attempts = 0,
        finished_at = NULL
    FROM unnest(%(calls)s::bigint[]) AS c (id)
    WHERE i.queue = %(queue)s AND i.state = 'dead' AND (i.payload ->> 'call')::bigint = c.id
      AND (%(failure)s::text IS NULL OR i.failure = %(failure)s::text)
    RETURNING c.id
"""
REOPEN = """
    UPDATE calls.calls SET state = 'accepted', reason = NULL, ended_at = NULL, changed_at = clock_timestamp()
    WHERE id = ANY(%(calls)s) AND state IN ('dead', 'refused')
"""
TRY_AGAIN = "UPDATE calls.stages SET status = 'failing' WHERE call = ANY(%(calls)s) AND status = 'dead'"
WAIT_AGAIN = """
    UPDATE calls.deliveries SET state = 'waiting', owed_at = now()
    WHERE call = ANY(%(calls)s) AND state = 'dead' AND (%(failure)s::text IS NULL OR failure = %(failure)s::text)
"""
KEEP = """
    INSERT INTO calls.replays (asked_by, asked, dry_run, found, replayed) VALUES (%s, %s, %s, %s, %s) RETURNING id
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """What is asked for: dead letters that have all that is named. `stage` "deliver" means deliveries.

    `release` is that of who asks: a refused call is planned anew.
    """

    asked_by: str
    stage: Stage | None = None
    workspace: str | None = None
    failure: str | None = None
    ids: Sequence[int] = ()
    dry_run: bool = True
    release: str = "dev"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many calls were found and sent again, and under which number that is kept.

    `left` are those that were named and cannot be sent again: neither given up nor refused, or not as was asked.
    """

    id: int
    found: int
    replayed: int
    left: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    call: int
    workspace: str
    refused: bool
    stages: Sequence[str]

    def anew(self) -> Redo:
        """Return what is to be done again: what was found, and all that follows it."""
        first = min(WORKED.index(Stage(stage)) for stage in self.stages)
        return Redo(self.call, self.workspace, WORKED[first:])


def replay(db: Database, asked: Replay) -> Replayed:
    """Send dead letters again, or say how many there are; it is kept in `calls.replays` either way.

    Raises:
        Permanent: More than a thousand ids.
    """
    if len(asked.ids) > MOST:
        raise Permanent(
            f"{len(asked.ids)} ids are more than {MOST:,}.", subject="replay", next_step="Name fewer at a time."
        )
    with db.transaction() as conn:
        found = _found(conn, asked)
        replayed = set() if asked.dry_run else _send(conn, asked, found)
        kept = (asked.asked_by, Jsonb(_told(asked)), asked.dry_run, len(found), len(replayed))
        ((number,),) = conn.execute(KEEP, kept).fetchall()
    left = set(asked.ids) - ({one.call for one in found} if asked.dry_run else replayed)
    return Replayed(number, len(found), len(replayed), sorted(left))


def _told(asked: Replay) -> Mapping[str, Any]:
    told = {name: value for name, value in asdict(asked).items() if value and name not in _NOT_CHOSEN_BY}
    if len(asked.ids) > KEPT_IDS:
        told |= {"ids": list(asked.ids[:KEPT_IDS]), "of_ids": len(asked.ids)}
    return told


def _found(conn: psycopg.Connection[Any], asked: Replay) -> Sequence[_Found]:
    values = {
        "stage": asked.stage,
        "workspace": asked.workspace,
        "failure": asked.failure,
        "ids": [one for one in asked.ids if 0 < one < 1 << 63] if asked.ids else None,  # the others are nobody's
        "most": MOST,
    }
    cursor = conn.cursor(row_factory=class_row(_Found))
    found = [one for query in _queries(asked) for one in cursor.execute(query.encode(), values).fetchall()]
    return sorted(found, key=lambda one: one.call)[:MOST]


def _queries(asked: Replay) -> Sequence[str]:
    if asked.stage is Stage.DELIVER:
        return [DEAD_DELIVERIES]
    named = asked.stage is Stage.VALIDATE or (asked.stage is None and asked.ids)
    return [DEAD_STAGES, REFUSED] if named else [DEAD_STAGES]


def _send(conn: psycopg.Connection[Any], asked: Replay, found: Sequence[_Found]) -> set[int]:
    dead = [one.call for one in found if not one.refused]
    revived = _revive(conn, dead, asked.failure, deliveries=asked.stage is Stage.DELIVER)
    anew = [one.anew() for one in found if one.stages and one.call not in revived]
    begun = plan_again(conn, anew, WorkClass.ASKED, asked.release, "replay")
    for statement in (REOPEN, TRY_AGAIN):
        conn.execute(statement, {"calls": list(begun)})
    conn.execute(f"NOTIFY {CHANNEL}")
    return {*revived, *begun}


def _revive(
    conn: psycopg.Connection[Any], calls: Sequence[int], failure: str | None, *, deliveries: bool
) -> Sequence[int]:
    queue = DELIVERIES if deliveries else CALLS
    values = {"queue": queue.name, "class": WorkClass.ASKED, "calls": list(calls), "failure": failure}
    revived = [call for (call,) in conn.execute(REVIVE, values)]
    for statement in (WAIT_AGAIN,) if deliveries else (REOPEN, TRY_AGAIN):
        conn.execute(statement, {"calls": revived, "failure": failure})
    return revived
