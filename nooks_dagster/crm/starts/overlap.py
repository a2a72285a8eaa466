"""Overlap: what becomes of a start, and of its window in each lane, while what came before it is not done.

Belongs here: the table of decisions, and what they read of the ledger. Does not: acting on them (`crm.sync.discovery`).

No decision loses data: what is read next always begins where the watermark stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.rows import dict_row

from nooks_dagster.crm.lifecycle.options import OverlapPolicy
from nooks_dagster.crm.work import DISCOVERIES, WINDOWS
from nooks_dagster.ledger.items import Item

MOST_WAITING = 1000
"""Starts of a connection, or windows of a lane, that wait one behind the other: ten days of quarter hours."""

LATER = """
    SELECT count(*) FROM work.items
    WHERE queue = %s AND lane = %s AND id > %s AND state = 'waiting' AND due_at <= now() AND payload ? 'due'
"""
OPEN = """
    SELECT lane, (array_agg(state ORDER BY id))[1] = 'blocked' AS blocked,
        bool_or(payload ->> 'kind' IN ('history', 'refresh')) AS whole,
        coalesce(bool_or(payload ->> 'due' IS NULL AND state = 'waiting' AND progress = '{}')
            FILTER (WHERE payload ->> 'kind' = 'incremental'), false) AS asked,
        coalesce(array_agg(id ORDER BY id) FILTER (WHERE payload ->> 'kind' = 'incremental'), '{}') AS increments,
        max(id) FILTER (WHERE payload ->> 'due' IS NOT NULL AND state = 'waiting' AND progress = '{}') AS untouched
    FROM work.items WHERE queue = %s AND lane = ANY(%s) AND state IN ('waiting', 'leased', 'blocked') GROUP BY lane
"""


class Fate(StrEnum):
    """What becomes of a start's window in a lane."""

    PLANNED = "windows"
    """It is planned, behind what there is."""
    COALESCED = "coalesced"
    """It becomes one with the last that waits."""
    SKIPPED = "skipped"
    """It is dropped."""
    WITHHELD = "withheld"
    """The lane is blocked, or a history runs in it: nothing piles up behind that."""
    INSTEAD = "instead"
    """It takes the place of those before it, which are given up."""


@dataclass(frozen=True, slots=True)
class OpenLane:
    """The windows of a lane that are not done.

    `blocked`: its head is. `whole`: one of them reads every row. `asked`: an incremental one that nobody has begun will
    read all there is then, because a person asked. `increments`: the ids of the incremental ones. `untouched`: the id
    of the last start's that nobody has begun.
    """

    blocked: bool = False
    whole: bool = False
    asked: bool = False
    increments: Sequence[int] = ()
    untouched: int | None = None


FREE = OpenLane()


def open_lanes(conn: psycopg.Connection[Any], lanes: Sequence[str]) -> Mapping[str, OpenLane]:
    """Return what is not done in each of these lanes in which there is anything."""
    rows = conn.cursor(row_factory=dict_row).execute(OPEN, (WINDOWS.name, list(lanes)))
    return {row.pop("lane"): OpenLane(**row) for row in rows}


def fate(policy: OverlapPolicy | None, lane: OpenLane) -> Fate:
    """Decide what becomes of a new incremental window.

    Args:
        policy: The connection's for starts by the clock; None if a person asked.
        lane: What is not done in its lane.
    """
    if lane.whole or (lane.blocked and policy):
        return Fate.WITHHELD
    if policy and not lane.increments:
        return Fate.PLANNED
    fates = {
        OverlapPolicy.BUFFER_ALL: Fate.PLANNED if len(lane.increments) < MOST_WAITING else Fate.COALESCED,
        OverlapPolicy.COALESCE: Fate.PLANNED if lane.untouched is None else Fate.COALESCED,
        OverlapPolicy.SKIP: Fate.SKIPPED,
        OverlapPolicy.CANCEL_OTHER: Fate.INSTEAD,
        None: Fate.COALESCED if lane.asked else Fate.PLANNED,
    }
    return fates[policy]


def superseded(conn: psycopg.Connection[Any], policy: OverlapPolicy, start: Item) -> bool:
    """Say whether a start is left to a later one that fell due as well, before this one was begun."""
    ((later,),) = conn.execute(LATER, (DISCOVERIES.name, start.lane, start.id)).fetchall()
    return int(later) > (MOST_WAITING if policy is OverlapPolicy.BUFFER_ALL else 0)
