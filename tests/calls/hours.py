"""Calls as the stages leave them, put there without any stage: for tests of what comes after.

Belongs here: rows and objects of calls. Does not: an expectation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript, Utterance
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake

HOUR = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
SUBMISSION = {
    "call_id": "c-1",
    "direction": "outbound",
    "started_at": "2026-11-29T10:00:00Z",
    "ended_at": "2026-11-29T10:00:08Z",
    "disposition": "connected",
    "recording_consent": True,
    "rep": {"name": "Rita Rep", "phone": "+14155550100"},
    "prospect": {"name": "Paul Prospect", "phone": "+14155550177"},
    "recording": {"uri": "gs://lake/recordings/workspace=acme/day=2026-11-29/x.wav"},
}
CALL = """
    insert into calls.calls (workspace, call_id, body_sha256, submission, accepted_at, state, ended_at)
    values (%s, %s, '', %s, %s, %s, %s) returning id
"""
STAGE = """
    insert into calls.stages (call, stage, status, output, facts, release, started_at, ended_at, fence)
    values (%s, %s, %s, %s, %s, 'test', %s, %s, 1)
    on conflict (call, stage) do update set output = excluded.output, ended_at = excluded.ended_at
"""
RECORD = """
    insert into calls.records (call, workspace, call_id, hour, direction, disposition, started_at, duration_ms,
        contact_outcome, connection_id, account_id, redacted_text, talk_ms_rep, words, recorded_at, version)
    values (%(call)s, %(workspace)s, %(name)s, %(hour)s, 'outbound', 'connected', %(at)s, 8000, 'matched',
        %(connection)s, %(account)s, 'Hello [PHONE].', 5000, 12, %(recorded)s, '1')
"""


def transcript(call: int, words: Sequence[str]) -> Transcript:
    """Return a transcript with an utterance for each of some texts."""
    utterances = tuple(
        Utterance(seq=n, speaker=list(Role)[n % 2], start_ms=n * 900, end_ms=n * 900 + 800, text=text, language="en")
        for n, text in enumerate(words)
    )
    return Transcript(call=call, model="m", language="en", duration_ms=8000, channels=2, utterances=utterances)


@dataclass
class Calls:
    """The calls of a test."""

    db: Database
    lake: Lake
    said: dict[int, Transcript] = field(default_factory=dict)

    def add(
        self,
        workspace: str = "acme",
        hour: datetime = HOUR,
        *,
        state: str = "recorded",
        words: Sequence[str] | None = ("Hello.", "Call me at +1 415 555 0100."),
        took: float = 2.0,
        connection: str | None = None,
        account: str | None = None,
    ) -> int:
        """Put a call where the stages would leave it; one that is accepted has no stage behind it."""
        at, name = hour + timedelta(minutes=10), uuid4().hex
        ended = None if state == "accepted" else at + timedelta(seconds=took)
        with self.db.transaction() as conn:
            values: Any = (workspace, name, Jsonb(SUBMISSION), at, state, ended)
            ((call,),) = conn.execute(CALL, values).fetchall()
        if state != "accepted":
            self.stage(call, "validate", "refused" if state == "refused" else "done", at)
        if state == "recorded":
            if words is not None:
                self.transcribe(call, workspace, hour, words, at)
            self.record(call, workspace, hour, name, at, took, connection, account)
        return int(call)

    def transcribe(
        self, call: int, workspace: str, hour: datetime, words: Sequence[str], at: datetime, fence: int = 1
    ) -> Handle:
        """Put a transcript into the lake, and say that it is the call's."""
        made = transcript(call, words)
        name = f"calls/transcripts/hour={hour:%Y-%m-%dT%H}/workspace={workspace}/call={call}-{fence}.json"
        handle = self.lake.put(name, made.model_dump_json().encode(), "application/json", len(words))
        self.stage(call, "transcribe", "done", at, handle, {"languages": {"en": 1.0}, "cost": "0.01", "seconds": 8})
        self.said[call] = made
        return handle

    def stage(
        self,
        call: int,
        stage: str,
        status: str,
        at: datetime,
        output: Handle | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        with self.db.transaction() as conn:
            told = Jsonb(output.to_json()) if output else None
            conn.execute(STAGE, (call, stage, status, told, Jsonb(facts or {}), at, at))

    def record(
        self,
        call: int,
        workspace: str,
        hour: datetime,
        name: str,
        at: datetime,
        took: float,
        connection: str | None,
        account: str | None,
    ) -> None:
        recorded = at + timedelta(seconds=took)
        values = {"call": call, "workspace": workspace, "hour": hour, "name": name, "at": at, "recorded": recorded}
        with self.db.transaction() as conn:
            conn.execute(RECORD, values | {"connection": connection, "account": account})
            conn.execute("update calls.calls set state = 'recorded' where id = %s", (call,))
