"""What is written of a call's work: a row for each stage, and where the call stands.

Belongs here: the statements, for a caller that has checked its fence in the same transaction. Does not: deciding
(`calls.pipeline.pipeline`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from nooks_dagster.calls.closing.hours import reopen
from nooks_dagster.calls.model import CallState, Made

# Of a stage that failed, what it made before is kept: a call that is done again must not lose what it has.
_FAILED = "excluded.status IN ('failing', 'dead')"
KEEP = f"""
    INSERT INTO calls.stages AS s (call, stage, status, version, release, input, output, facts, failure, reason, tries,
        started_at, ended_at, fence, kept_at)
    SELECT %(call)s, r.stage, r.status, r.version, %(release)s, r.input, r.output, r.facts, r.failure, r.reason,
        CASE WHEN r.status NOT IN ('failing', 'dead') THEN r.tries ELSE r.tries || jsonb_build_object(
            'at', clock_timestamp(), 'failure', r.failure, 'reason', left(r.reason, 300)) END,
        clock_timestamp() - make_interval(secs => r.began), clock_timestamp() - make_interval(secs => r.ended),
        %(fence)s, now()
    FROM jsonb_to_recordset(%(rows)s) AS r (stage text, status text, version text, input jsonb, output jsonb,
        facts jsonb, failure text, reason text, tries jsonb, began float8, ended float8)
    ON CONFLICT (call, stage) DO UPDATE SET
        status = excluded.status, release = excluded.release, failure = excluded.failure, reason = excluded.reason,
        tries = excluded.tries, started_at = excluded.started_at, ended_at = excluded.ended_at, fence = excluded.fence,
        version = CASE WHEN {_FAILED} THEN s.version ELSE excluded.version END,
        input = CASE WHEN {_FAILED} THEN s.input ELSE excluded.input END,
        output = CASE WHEN {_FAILED} THEN s.output ELSE excluded.output END,
        facts = CASE WHEN {_FAILED} THEN s.facts ELSE excluded.facts END,
        kept_at = CASE WHEN {_FAILED} THEN s.kept_at ELSE excluded.kept_at END
"""  # noqa: S608 - the constant above
LATE = "hour, hour + interval '64 minutes' < clock_timestamp()"  # a minute before it is closed: a commit takes time
# A record that stands is not taken back by a later failure of what is done again.
STAND = f"""
    UPDATE calls.calls SET state = %(state)s, reason = %(reason)s, ended_at = coalesce(ended_at, clock_timestamp()),
        changed_at = clock_timestamp()
    WHERE id = %(call)s AND (state <> 'recorded' OR %(state)s = 'recorded') RETURNING {LATE}
"""  # noqa: S608 - the constant above
TOUCH = f"UPDATE calls.calls SET changed_at = clock_timestamp() WHERE id = %(call)s RETURNING {LATE}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one try of a stage; `began` and `ended` are seconds ago."""

    stage: str
    status: str
    version: str
    began: float
    ended: float
    made: Made | None = None
    inputs: Mapping[str, Any] | None = None
    failure: str | None = None
    reason: str | None = None
    tries: Sequence[Any] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it under the names of the columns."""
        made = self.made
        return {
            "stage": self.stage,
            "status": self.status,
            "version": self.version,
            "input": self.inputs or None,
            "output": made.handle.to_json() if made and made.handle else None,
            "facts": dict(made.facts) if made else {},
            "failure": self.failure,
            "reason": self.reason or (made and made.reason) or None,
            "tries": list(self.tries),
            "began": self.began,
            "ended": self.ended,
        }


def keep(conn: psycopg.Connection[Any], call: int, fence: int, release: str, rows: Sequence[Row]) -> None:
    """Write what came of stages."""
    if rows:
        values = {"call": call, "fence": fence, "release": release}
        conn.execute(KEEP.encode(), {**values, "rows": Jsonb([row.to_json() for row in rows])})


def stand(
    conn: psycopg.Connection[Any], call: int, release: str, state: CallState | None = None, reason: str | None = None
) -> None:
    """Write where a call stands, None for where it stood; an hour that was closed already is closed again."""
    row = conn.execute(
        (STAND if state else TOUCH).encode(), {"call": call, "state": state, "reason": reason}
    ).fetchone()
    if row and row[1]:
        reopen(conn, row[0], release)
