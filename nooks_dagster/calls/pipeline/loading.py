"""Calls as they are kept: many are loaded in one statement, with what their stages have made so far.

Belongs here: reading a call for work. Does not: writing (`calls.pipeline.stage_rows`), telling its story
(`calls.reporting.story`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.model import Call, Made, Stage, Status
from nooks_dagster.calls.submission import Submission
from nooks_dagster.lake.handle import Handle

LOAD = """
    SELECT c.id, c.workspace, c.call_id, c.accepted_at, c.hour, c.submission::text AS submission, coalesce((
        SELECT jsonb_object_agg(s.stage, jsonb_build_object('status', s.status, 'output', s.output, 'facts', s.facts,
            'reason', s.reason, 'tries', s.tries))
        FROM calls.stages s WHERE s.call = c.id), '{}') AS stages
    FROM calls.calls c WHERE c.id = ANY(%s)
"""
FINISHED = frozenset(Status)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A call as a worker takes it up; its submission is read by whoever works on it, so that one harms no other."""

    id: int
    workspace: str
    call_id: str
    accepted_at: datetime
    hour: datetime
    submission: str = field(repr=False)
    stages: Mapping[str, Any]

    @property
    def call(self) -> Call:
        """Return the call."""
        submission = Submission.model_validate_json(self.submission)
        return Call(self.id, self.workspace, self.call_id, self.accepted_at, self.hour, submission)

    def made(self) -> dict[Stage, Made]:
        """Return what the stages of this release have made; of one that failed, what it had made before."""
        known = {stage: self.stages[stage] for stage in Stage if stage in self.stages}
        return {stage: _made(row) for stage, row in known.items() if row["status"] in FINISHED or _has_made(row)}

    def tries(self, stage: str) -> list[Any]:
        """Return what went wrong with a stage before."""
        return list(self.stages.get(stage, {}).get("tries", ()))


def load(conn: psycopg.Connection[Any], ids: Sequence[int]) -> Mapping[int, Loaded]:
    """Return calls by their ids; those that are gone are left out."""
    rows = conn.cursor(row_factory=class_row(Loaded)).execute(LOAD, (list(ids),)) if ids else ()
    return {row.id: row for row in rows}


def _has_made(row: Mapping[str, Any]) -> bool:
    return bool(row["output"] or row["facts"])


def _made(row: Mapping[str, Any]) -> Made:
    handle = Handle.from_json(row["output"]) if row["output"] else None
    if row["status"] in FINISHED:
        return Made(Status(row["status"]), handle, row["facts"], row["reason"] or "")
    return Made(Status.DONE, handle, row["facts"])  # its reason is that of the failure
