"""A record is what is known of a call, without what its form tells to be personal, written with what is owed."""

from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from nooks_dagster.calls.model import Call, Made, Stage, Status
from nooks_dagster.calls.stages.record import Record
from nooks_dagster.calls.submission import Party, Role
from nooks_dagster.calls.transcript import Transcript, Utterance
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from tests.calls.stages.things import REGION, Hand, accepted, run, submission

ORIGINAL, TRANSLATION = Handle("gs://lake/original", 2, 10, "a"), Handle("gs://lake/translation", 2, 10, "b")
KNOWN = {
    "outcome": "matched",
    "connection": "acme-salesforce",
    "object": "contacts",
    "contact": "c1",
    "account": "a1",
    "opportunity": "o1",
    "owner": "u1",
    "participants": {"acme-salesforce": {"outcome": "matched", "id": "c1"}},
    "region": "US",
}


def transcript(*texts: str, language: str = "en") -> Transcript:
    said = tuple(
        Utterance(
            seq=n,
            speaker=(Role.REP, Role.PROSPECT)[n % 2],
            start_ms=n * 4000,
            end_ms=n * 4000 + 3000,
            text=text,
            language=language,
        )
        for n, text in enumerate(texts)
    )
    return Transcript(call=1, model="m", language=language, duration_ms=8000, channels=2, utterances=said)


class Shelf(dict[Handle, Transcript]):
    def transcript(self, call: int, handle: Handle) -> Transcript:
        return self[handle]


class Posts:
    """Counts what is owed; a record must be there by then."""

    def __init__(self) -> None:
        self.owed: list[tuple[int, bool]] = []

    def __call__(self, conn: psycopg.Connection[Any], call: Call, live: bool) -> None:
        assert conn.execute("select 1 from calls.records where call = %s", [call.id]).fetchone()
        self.owed.append((call.id, live))


@pytest.fixture
def posts() -> Posts:
    return Posts()


def record(db: Database, hand: Hand, posts: Posts, **transcripts: Transcript) -> dict[str, Any]:
    shelf = Shelf()
    for stage, handle in ((Stage.TRANSCRIBE, ORIGINAL), (Stage.TRANSLATE, TRANSLATION)):
        if stage.value in transcripts:
            hand.results[stage] = Made(Status.DONE, handle)
            shelf[handle] = transcripts[stage.value]
    made = run(db, Record(shelf, posts, REGION), hand)
    assert made.status is Status.DONE
    with db.transaction() as conn:
        row = (
            conn.cursor(row_factory=dict_row)
            .execute("select * from calls.records where call = %s", [hand.call.id])
            .fetchone()
        )
    assert row is not None
    return row


def test_a_record_holds_contact_numbers_and_handles_and_is_owed(db: Database, posts: Posts) -> None:
    hand = accepted(db, submission())
    hand.results[Stage.CONTACT] = Made(Status.DONE, facts=KNOWN)
    row = record(db, hand, posts, transcribe=transcript("How are you?", "Fine, thanks."))
    assert [row[n] for n in ("contact_outcome", "connection_id", "contact_object", "contact_id")] == [
        "matched",
        "acme-salesforce",
        "contacts",
        "c1",
    ]
    assert [row[n] for n in ("account_id", "opportunity_id", "owner_id")] == ["a1", "o1", "u1"]
    assert row["participants"] == KNOWN["participants"]
    assert [row[n] for n in ("talk_ms_rep", "talk_ms_prospect", "silence_ms", "words", "questions")] == [
        3000,
        3000,
        2000,
        5,
        1,
    ]
    assert (row["duration_ms"], row["language"], row["languages"]) == (8000, "en", {"en": 1.0})
    assert (row["transcript"], row["translation"]) == (ORIGINAL.to_json(), None)
    assert row["redacted_text"] == "Rep: How are you?\nProspect: Fine, thanks."
    assert posts.owed == [(hand.call.id, True)]


def test_the_text_is_the_translations_and_the_numbers_are_the_originals(db: Database, posts: Posts) -> None:
    hand = accepted(db, submission())
    spoken = transcript("¿Cómo está?", "Llámeme al 415 555 2671.", language="es")
    row = record(db, hand, posts, transcribe=spoken, translate=transcript("How are you?", "Call me at 415 555 2671."))
    assert row["redacted_text"] == "Rep: How are you?\nProspect: Call me at [phone]."
    assert row["redactions"] == {"phone": [[39, 46]]}
    assert row["redacted_text"][39:46] == "[phone]"
    assert (row["language"], row["words"]) == ("es", 7)
    assert row["translation"] == TRANSLATION.to_json()


def test_a_number_of_where_the_prospect_is_goes_too(db: Database, posts: Posts) -> None:
    hand = accepted(db, submission(prospect=Party(phone="+491705550123")))
    row = record(db, hand, posts, transcribe=transcript("Hi.", "0170 5550199, please."))
    assert row["redacted_text"] == "Rep: Hi.\nProspect: [phone], please."


def test_a_number_goes_too_that_is_said_on_after_a_word_of_the_other(db: Database, posts: Posts) -> None:
    said = (
        "Your card?",
        "It's 4111 1111,",
        "Mhm.",
        "1111 1111.",
        "Okay.",
        "Expires 12/27.",
        "And 415",
        "No, 555 2671.",
    )
    row = record(db, accepted(db, submission()), posts, transcribe=transcript(*said))
    assert row["redacted_text"].split("\n") == [
        "Rep: Your card?",
        "Prospect: It's [card].",
        "Rep: Mhm. Okay.",
        "Prospect: Expires 12/27.",
        "Rep: And 415",
        "Prospect: No, 555 2671.",
    ]


@pytest.mark.parametrize("status", [Status.DEFERRED, Status.SKIPPED])
def test_a_call_without_a_transcript_is_recorded_and_says_so(db: Database, posts: Posts, status: Status) -> None:
    hand = accepted(db, submission())
    hand.results[Stage.TRANSCRIBE] = Made(status)
    row = record(db, hand, posts)
    assert (row["redacted_text"], row["transcript"], row["words"], row["contact_outcome"]) == (
        None,
        None,
        None,
        "unknown",
    )
    assert hand.results[Stage.RECORD].facts["transcript"] == status
    assert posts.owed == [(hand.call.id, True)]


def test_a_call_that_is_recorded_again_has_one_record_with_the_new_values_and_its_first_time(
    db: Database, posts: Posts
) -> None:
    hand = accepted(db, submission())
    first = record(db, hand, posts)
    again = record(db, hand, posts, transcribe=transcript("Hello."))
    assert again["redacted_text"] == "Rep: Hello."
    assert again["recorded_at"] == first["recorded_at"]
    with db.transaction() as conn:
        assert conn.execute("select count(*) from calls.records").fetchone() == (1,)
