"""Recorded calls, as the stages before delivery leave them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from nooks_dagster.calls.delivery.outbox import post
from nooks_dagster.calls.model import Call
from nooks_dagster.calls.submission import Direction, Disposition, Party, Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger

BEGAN = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
REDACTED = "Rep: Hello, this is Ann.\nProspect: Call me at [phone]."

ACCEPT = """
    insert into calls.calls (workspace, call_id, body_sha256, submission) values (%s, %s, '', %s)
    returning id, accepted_at, hour
"""
RECORD = """
    insert into calls.records (call, workspace, call_id, hour, direction, disposition, started_at, duration_ms,
        contact_outcome, language, redacted_text, talk_ms_rep, talk_ms_prospect, questions, participants, version)
    values (%(call)s, %(workspace)s, %(call_id)s, %(hour)s, 'outbound', %(disposition)s, %(started_at)s, 95000,
        'matched', 'en', %(text)s, 40000, 50000, 3, %(participants)s, '1')
    on conflict (call) do update set redacted_text = excluded.redacted_text, participants = excluded.participants
"""


@dataclass
class Book:
    """Accepts and records calls of a workspace."""

    db: Database
    workspace: str = "acme"
    participants: dict[str, Any] = field(default_factory=dict)
    text: str = REDACTED
    disposition: Disposition = Disposition.CONNECTED

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.db, "recorder", timedelta(seconds=30))

    def accepted(self, call_id: str) -> Call:
        submission = Submission(
            call_id=call_id,
            direction=Direction.OUTBOUND,
            started_at=BEGAN,
            ended_at=BEGAN + timedelta(seconds=95),
            disposition=self.disposition,
            recording_consent=True,
            rep=Party(name="Ann Rep", phone="+14155550100"),
            prospect=Party(name="Bob Lead", phone="+14155550101"),
        )
        with self.db.transaction() as conn:
            sent = Jsonb(json.loads(submission.model_dump_json()))
            ((identity, at, hour),) = conn.execute(ACCEPT, (self.workspace, call_id, sent)).fetchall()
        return Call(identity, self.workspace, call_id, at, hour, submission)

    def record(self, call: Call, *, text: str | None = None, work_class: WorkClass = WorkClass.LIVE) -> int:
        """Write the record of a call, again if need be, with its outbox; return how many deliveries it owes."""
        values = {
            "call": call.id,
            "workspace": call.workspace,
            "call_id": call.call_id,
            "hour": call.hour,
            "disposition": self.disposition,
            "started_at": BEGAN,
            "text": self.text if text is None else text,
            "participants": Jsonb(self.participants),
        }
        with self.db.transaction() as conn:
            conn.execute(RECORD, values)
            return post(conn, self.ledger, call, work_class=work_class)

    def recorded(self, call_id: str) -> Call:
        call = self.accepted(call_id)
        self.record(call)
        return call
