"""Redoing: calls whose stages are to be done again become items of work again, one item a call as ever.

Belongs here: which stages of which calls, and planning them. Does not: doing them (`calls.reprocessing.backfill`, live
workers).

A call that is in somebody's hands, or waits, is left alone: there is one lease on a call, and it has one item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from nooks_dagster.calls.model import WORKED, Stage
from nooks_dagster.calls.work import CALLS, scope_of_calls
from nooks_dagster.ledger.items import WorkClass

PAGE = 500
# What is asked for, from the first stage on whose result is missing, bad or old: those after it read it. Old is what
# another version made, and what was written before a stage that it follows was. A dead call goes all the way to its
# record. A refused one begins at what refused it, or not at all: else its record would be made.
WANTED = """
    WITH page AS (
        SELECT id, workspace, state FROM calls.calls
        WHERE hour = %(hour)s AND (workspace, id) > (%(workspace)s, %(id)s)
          AND (%(workspaces)s::text[] IS NULL OR workspace = ANY(%(workspaces)s))
        ORDER BY workspace, id LIMIT %(page)s
    ), stages AS (
        SELECT * FROM unnest(%(stages)s::text[], %(versions)s::text[], %(asked)s::boolean[])
            WITH ORDINALITY AS o (stage, version, asked, place)
    ), judged AS (
        SELECT p.id, p.workspace, p.state, o.stage, o.place, o.asked,
            coalesce(s.status IN ('dead', 'failing'), true) AS unfinished,
            %(again)s OR coalesce(s.status IN ('dead', 'failing', 'deferred') OR s.version <> o.version
                OR s.kept_at < max(s.kept_at) OVER (PARTITION BY p.id ORDER BY o.place), true) AS wanted
        FROM page p CROSS JOIN stages o LEFT JOIN calls.stages s ON s.call = p.id AND s.stage = o.stage
    ), beginning AS (
        SELECT id, min(place) FILTER (WHERE asked AND wanted) AS first FROM judged GROUP BY id
    )
    SELECT p.id AS call, p.workspace, CASE WHEN p.state <> 'accepted' AND (p.state <> 'refused' OR %(anew)s) THEN (
        SELECT array_agg(j.stage ORDER BY j.place) FROM judged j JOIN beginning b USING (id)
        WHERE j.id = p.id AND b.first IS NOT NULL
          AND ((j.asked AND j.place >= b.first) OR (p.state = 'dead' AND j.unfinished))) END AS stages
    FROM page p ORDER BY p.workspace, p.id
"""
PLAN = """
    INSERT INTO work.items AS i (queue, scope, lane, key, serial, class, payload, release)
    SELECT %(queue)s, r.scope, r.scope, r.call::text, false, %(class)s, r.payload, %(release)s
    FROM unnest(%(calls)s::bigint[], %(scopes)s::text[], %(payloads)s::jsonb[]) AS r (call, scope, payload)
    ON CONFLICT (queue, lane, key) DO UPDATE SET
        state = 'waiting', class = excluded.class, payload = excluded.payload, release = excluded.release,
        progress = '{}', outcome = NULL, due_at = now(), attempts = 0, deaths = 0, failure = NULL, reason = NULL,
        planned_at = now(), finished_at = NULL
    WHERE i.state IN ('done', 'dead')
    RETURNING (payload ->> 'call')::bigint
"""


@dataclass(frozen=True, slots=True)
class Redo:
    """A call and the stages to do again, in order; None or none for nothing."""

    call: int
    workspace: str
    stages: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Wish:
    """Which stages of which calls of an hour; `versions` are the present ones, `again` means whatever they have."""

    hour: datetime
    stages: Sequence[Stage]
    versions: Mapping[Stage, str]
    workspaces: Sequence[str] | None = None
    again: bool = False


def page_of(conn: psycopg.Connection[Any], wish: Wish, after: Redo | None) -> Sequence[Redo]:
    """Return the next calls of an hour, each with what is to be done again; an empty page is the end."""
    values = {
        "hour": wish.hour,
        "workspace": after.workspace if after else "",
        "id": after.call if after else 0,
        "workspaces": list(wish.workspaces) if wish.workspaces else None,
        "page": PAGE,
        "stages": list(WORKED),
        "versions": [wish.versions.get(stage, "") for stage in WORKED],
        "asked": [stage in wish.stages for stage in WORKED],
        "again": wish.again,
        "anew": wish.again and Stage.VALIDATE in wish.stages,
    }
    return conn.cursor(row_factory=class_row(Redo)).execute(WANTED, values).fetchall()


def plan_again(
    conn: psycopg.Connection[Any], redos: Sequence[Redo], work_class: WorkClass, release: str, why: str
) -> Sequence[int]:
    """Plan what is to be done again in the caller's transaction; return which calls, without those in work.

    Args:
        conn: In a transaction.
        redos: The calls.
        work_class: Who waits.
        release: The release that plans.
        why: Kept with each item: the run of a backfill, for example.
    """
    wanted = [redo for redo in redos if redo.stages]
    values = {
        "queue": CALLS.name,
        "class": work_class,
        "release": release,
        "calls": [redo.call for redo in wanted],
        "scopes": [scope_of_calls(redo.workspace) for redo in wanted],
        "payloads": [Jsonb({"call": redo.call, "stages": list(redo.stages or ()), "why": why}) for redo in wanted],
    }
    return [call for (call,) in conn.execute(PLAN, values)] if wanted else []
