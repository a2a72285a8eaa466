"""The stage that makes the record of a call, and owes it to whoever wants it, in one transaction.

Belongs here: what a record is made of. Does not: its numbers (`calls.stages.talk`), its text (`calls.stages.lines`),
what is taken out of that (`privacy.redaction`), the columns (`calls.stages.records`), delivery (`calls.delivery`).

The text is that of the translation where there is one: it goes to the CRM, where a rep reads the workspace's language.
The numbers are of the original. Without a transcript (no recording, no consent, a spend cap) the record says so.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import psycopg
from pydantic import JsonValue

from nooks_dagster.calls.model import Call, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.stages.lines import lines
from nooks_dagster.calls.stages.records import Record as Row
from nooks_dagster.calls.stages.records import put
from nooks_dagster.calls.stages.talk import talk_of
from nooks_dagster.calls.submission import Submission
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.crm.phones import phone_of
from nooks_dagster.lake.handle import Handle
from nooks_dagster.privacy.redaction import Redacted, redact

Post = Callable[[psycopg.Connection[Any], Call, bool], object]
"""Owes a recorded call to each integration of its workspace (`calls.delivery.outbox`); True if a person waits."""


class Transcripts(Protocol):
    """Where transcripts are read from (`calls.closing.archive`)."""

    def transcript(self, call: int, handle: Handle) -> Transcript:
        """Return what was said in a call."""
        ...


class Record:
    """Makes records.

    Args:
        transcripts: Where they are read from.
        post: Owes them to integrations.
        region: Of telephone numbers without a country (ISO 3166), where the contact stage knew no other.
    """

    stage = Stage.RECORD
    version = "3"

    def __init__(self, transcripts: Transcripts, post: Post, region: str) -> None:
        self._transcripts = transcripts
        self._post = post
        self._region = region

    def run(self, task: Task) -> Outcome:
        """Return the record, to be written with what is owed.

        Raises:
            Corrupt: A transcript is not the one that was written.
            Transient: The lake does not answer.
        """
        call, contact = task.call, task.made(Stage.CONTACT)
        who = contact.facts if contact else {}
        original = self._read(task, Stage.TRANSCRIBE)
        translation = self._read(task, Stage.TRANSLATE)
        redacted = self._redacted(translation or original, call.submission, who)
        row = Row(
            call=call,
            version=self.version,
            contact=who,
            talk=talk_of(original) if original else None,
            language=original.language if original else None,
            transcript=_handle(task, Stage.TRANSCRIBE),
            translation=_handle(task, Stage.TRANSLATE),
            redacted=redacted,
        )

        def write(conn: psycopg.Connection[Any]) -> None:
            put(conn, row)
            self._post(conn, call, task.live)

        return Outcome(Made(Status.DONE, facts=_facts(task, row)), write)

    def _read(self, task: Task, stage: Stage) -> Transcript | None:
        handle = _handle(task, stage)
        return self._transcripts.transcript(task.call.id, handle) if handle else None

    def _redacted(
        self, transcript: Transcript | None, submission: Submission, who: Mapping[str, JsonValue]
    ) -> Redacted | None:
        """Return the text; a number without a country may be of the workspace's, or of where either party is."""
        if transcript is None:
            return None
        region = str(who.get("region") or self._region)
        phones = (phone_of(party.phone, region) for party in (submission.prospect, submission.rep))
        regions = dict.fromkeys([region, *(phone.region for phone in phones if phone)])
        return redact("\n".join(lines(transcript)), regions)


def _handle(task: Task, stage: Stage) -> Handle | None:
    made = task.made(stage)
    return made.handle if made and made.status is Status.DONE else None


def _facts(task: Task, row: Row) -> dict[str, JsonValue]:
    transcribed = task.made(Stage.TRANSCRIBE)
    redactions: Mapping[str, JsonValue] = dict(row.redacted.counts) if row.redacted else {}
    return {
        "outcome": row.outcome,
        "transcript": str(transcribed.status) if transcribed else str(Status.SKIPPED),
        "words": row.talk.words if row.talk else 0,
        "redactions": dict(redactions),
    }
