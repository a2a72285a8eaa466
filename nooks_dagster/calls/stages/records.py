"""Records: the row of `calls.records`, one a call, and what a call that is recorded again makes of it.

Belongs here: the columns. Does not: where their values come from (`calls.stages.record`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import JsonValue

from nooks_dagster.calls.model import Call
from nooks_dagster.calls.stages.talk import Talk
from nooks_dagster.lake.handle import Handle
from nooks_dagster.privacy.redaction import Redacted


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a call; `contact` is what the contact stage found, empty if it has not run."""

    call: Call
    version: str
    contact: Mapping[str, JsonValue]
    talk: Talk | None = None
    language: str | None = None
    transcript: Handle | None = None
    translation: Handle | None = None
    redacted: Redacted | None = field(default=None, repr=False)

    @property
    def outcome(self) -> str:
        """Return what came of looking for the contact."""
        return str(self.contact.get("outcome", "unknown"))


def put(conn: psycopg.Connection[Any], record: Record) -> None:
    """Write a record in the caller's transaction; one that stands gets the new values, and keeps when it was made."""
    values = _values(record)
    conn.execute(_statement(tuple(values)).encode(), values)


def _values(record: Record) -> dict[str, Any]:
    submission, talk, redacted = record.call.submission, record.talk, record.redacted
    contact = record.contact.get
    return {
        "call": record.call.id,
        "workspace": record.call.workspace,
        "call_id": record.call.call_id,
        "hour": record.call.hour,
        "direction": str(submission.direction),
        "disposition": str(submission.disposition),
        "started_at": submission.started_at,
        "duration_ms": round(submission.duration.total_seconds() * 1000),
        "contact_outcome": record.outcome,
        "connection_id": contact("connection"),
        "contact_object": contact("object"),
        "contact_id": contact("contact"),
        "account_id": contact("account"),
        "opportunity_id": contact("opportunity"),
        "owner_id": contact("owner"),
        "participants": Jsonb(contact("participants", {})),
        "language": record.language,
        "languages": Jsonb(talk.languages if talk else {}),
        "transcript": _json(record.transcript),
        "translation": _json(record.translation),
        "redacted_text": redacted.text if redacted else None,
        "redactions": Jsonb(redacted.spans if redacted else {}),
        "talk_ms_rep": talk and talk.rep_ms,
        "talk_ms_prospect": talk and talk.prospect_ms,
        "silence_ms": talk and talk.silence_ms,
        "longest_monologue_ms": talk and talk.longest_monologue_ms,
        "interruptions": talk and talk.interruptions,
        "questions": talk and talk.questions,
        "words": talk and talk.words,
        "version": record.version,
    }


def _json(handle: Handle | None) -> Jsonb | None:
    return Jsonb(handle.to_json()) if handle else None


@cache
def _statement(columns: Sequence[str]) -> str:
    names, excluded = ", ".join(columns), ", ".join(f"excluded.{column}" for column in columns)
    values = ", ".join(f"%({column})s" for column in columns)
    return f"""
        insert into calls.records ({names}) values ({values})
        on conflict (call) do update set ({names}) = ({excluded})
    """  # noqa: S608 - names of ours
