"""The story of a call: where it stands, each stage with handles and tries, who worked on it, what was delivered.

Belongs here: reading it, without anything personal. Does not: showing it (`cli.calls`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.work import CALLS, scope_of_calls

CALL = """
    SELECT id, workspace, hour, accepted_at, ended_at, state, reason, ended_at - accepted_at AS took
    FROM calls.calls WHERE id = %s
"""
NAMED = "SELECT id FROM calls.calls WHERE workspace = %s AND call_id = %s"
STAGES = """
    SELECT stage, status, version, release, input, output, facts, failure, reason, tries, started_at,
        ended_at - started_at AS took
    FROM calls.stages WHERE call = %s ORDER BY started_at, ended_at
"""
ITEM = """
    SELECT id, state, class AS work_class, due_at, attempts, deaths, failure, reason, payload -> 'stages' AS stages
    FROM work.items WHERE queue = %s AND lane = %s AND key = %s
"""
ATTEMPTS = (
    "SELECT fence, worker, started_at, ended_at, outcome, reason FROM work.attempts WHERE item_id = %s ORDER BY 1"
)
DELIVERIES = """
    SELECT integration, kind, state, external_id, failure, reason, created_at, delivered_at
    FROM calls.deliveries WHERE call = %s ORDER BY integration
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a call stands; `took` is the time from accepted to recorded, refused or dead."""

    id: int
    workspace: str
    hour: datetime
    accepted_at: datetime
    ended_at: datetime | None
    state: str
    reason: str | None
    took: timedelta | None


@dataclass(frozen=True, slots=True)
class Told:
    """What came of a stage: `input` holds the handles that it read, by stage; `tries` what went wrong before."""

    stage: str
    status: str
    version: str
    release: str
    input: Mapping[str, Any] | None
    output: Mapping[str, Any] | None
    facts: Mapping[str, Any]
    failure: str | None
    reason: str | None
    tries: Sequence[Mapping[str, Any]]
    started_at: datetime
    took: timedelta


@dataclass(frozen=True, slots=True)
class Plan:
    """The item of a call in the ledger; it goes half an hour after it is done."""

    id: int
    state: str
    work_class: int
    due_at: datetime
    attempts: int
    deaths: int
    failure: str | None
    reason: str | None
    stages: Sequence[str]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's hold on the call."""

    fence: int
    worker: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Owed:
    """The delivery to one integration."""

    integration: str
    kind: str
    state: str
    external_id: str | None
    failure: str | None
    reason: str | None
    created_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Story:
    """All that is known of the work on a call."""

    call: Standing
    stages: Sequence[Told]
    plan: Plan | None
    attempts: Sequence[Attempt]
    deliveries: Sequence[Owed]


def story(conn: psycopg.Connection[Any], call: int) -> Story | None:
    """Return the story of a call, None if there is no such call."""
    standing = conn.cursor(row_factory=class_row(Standing)).execute(CALL, (call,)).fetchone()
    if standing is None:
        return None
    lane = scope_of_calls(standing.workspace)
    plan = conn.cursor(row_factory=class_row(Plan)).execute(ITEM, (CALLS.name, lane, str(call))).fetchone()
    attempts = conn.cursor(row_factory=class_row(Attempt)).execute(ATTEMPTS, (plan.id if plan else None,)).fetchall()
    stages = conn.cursor(row_factory=class_row(Told)).execute(STAGES, (call,)).fetchall()
    deliveries = conn.cursor(row_factory=class_row(Owed)).execute(DELIVERIES, (call,)).fetchall()
    return Story(standing, stages, plan, attempts, deliveries)


def named(conn: psycopg.Connection[Any], workspace: str, call_id: str) -> int | None:
    """Return our id of a call that the dialer of a workspace calls so."""
    row = conn.execute(NAMED, (workspace, call_id)).fetchone()
    return int(row[0]) if row else None
