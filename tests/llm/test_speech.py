"""Buying words: speech goes through the same door as text, and is paid for by the second or the token."""

import logging
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred, Failure
from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.costs import By, sums
from nooks_dagster.llm.door import Door
from nooks_dagster.llm.hearing import Listen
from nooks_dagster.llm.prices import price_of
from tests.llm.conftest import ANSWER, an_ask, chosen
from tests.llm.odd_provider import Provider, Reply, answered, error, heard, scripted
from tests.llm.test_door import in_the_books, states
from tests.sql import rows

TOKENS = {"type": "tokens", "input_tokens": 80, "output_tokens": 20, "total_tokens": 100}


def a_listen(**changes: Any) -> Listen:
    values: dict[str, Any] = {
        "workspace": "acme",
        "purpose": "calls/transcribe",
        "subject": "call 1",
        "audio": b"RIFF-SECRET-AUDIO",
        "seconds": 7.4,
        "model": "gpt-transcribe",
    }
    return Listen(**{**values, **changes})


def settle(db: Database, door: Door, listen: Listen) -> Any:
    bought = door.hear(listen)
    with db.transaction() as conn:
        door.settle(conn, bought)
    return bought


def test_words_are_paid_for_by_the_second_and_kept_apart_from_text(
    door: Door, db: Database, provider: Provider
) -> None:
    provider.script = scripted([heard("Hello there.", "en"), answered(ANSWER)])
    bought = settle(db, door, a_listen())
    assert (bought.answer.text, list(bought.answer.languages)) == ("Hello there.", ["en"])
    assert (bought.usage, bought.cost) == (Usage(0, 0, seconds=8), Decimal("0.0006"))
    assert in_the_books(db) == (Decimal("0.0006"), 0)
    door.buy(an_ask())
    assert rows(db, "select kind, state, usage->>'seconds' from llm.purchases order by id") == [
        ("speech", "settled", "8.0"),
        ("text", "reserved", None),
    ]
    with db.transaction() as conn:
        spent = {one.name: one.usd for one in sums(conn, By.SIGNAL, date(2026, 1, 1))}
    assert spent["calls/transcribe"] == Decimal("0.0006")


def test_what_is_sent_is_the_audio_with_a_name_that_tells_its_format(door: Door, provider: Provider) -> None:
    provider.script = scripted([heard("Hello.")])
    door.hear(a_listen())
    door.hear(a_listen(model="whisper-1"))
    first, second = provider.asked
    assert first == {"file": b"RIFF-SECRET-AUDIO", "model": "gpt-transcribe", "response_format": "json"}
    assert second["response_format"] == "verbose_json"


def test_a_model_that_is_sold_by_the_token_costs_what_it_says(door: Door, db: Database, provider: Provider) -> None:
    provider.script = scripted([heard("Hello.", usage=TOKENS)])
    bought = settle(db, door, a_listen(model="gpt-4o-transcribe"))
    assert bought.cost == Decimal("0.0004")
    assert states(db) == [("settled", True, False)]


def test_usage_in_another_unit_than_the_price_counts_with_its_bound(
    door: Door, db: Database, provider: Provider
) -> None:
    provider.script = scripted([heard("Hello.")])
    bought = settle(db, door, a_listen(model="gpt-4o-transcribe"))
    assert states(db) == [("settled", True, True)]
    assert "billed by the second" in bought.note


def test_a_reply_without_usage_is_billed_by_what_was_sent(door: Door, db: Database, provider: Provider) -> None:
    provider.script = scripted([heard("Hello.", usage=None)])
    assert settle(db, door, a_listen(seconds=60.0)).cost == Decimal("0.0045")


def test_words_hold_nothing_that_postgres_takes_for_no_text(door: Door, provider: Provider) -> None:
    provider.script = scripted([heard("a\0b")])
    assert door.hear(a_listen()).answer.text == "ab"


def test_a_model_that_tells_times_gives_its_segments(door: Door, provider: Provider) -> None:
    segments = [{"id": 0, "start": 0.5, "end": 1.5, "text": " Hello."}]
    provider.script = scripted([heard("Hello.", language="english", languages=None, segments=segments)])
    words = door.hear(a_listen(model="whisper-1")).answer
    assert [(one.start, one.end, one.text) for one in words.segments] == [(0.5, 1.5, " Hello.")]
    assert words.languages == ("en",)


def test_a_language_has_one_name_whatever_the_model_calls_it(door: Door, provider: Provider) -> None:
    codes = {
        "en": "en",
        "EN-us": "en",
        "zh-Hant": "zh",
        "pt_BR": "pt",
        "iw": "he",
        "nb-NO": "no",
        "cmn": "zh",
        "English": "en",
        "haitian creole": "ht",
        "": None,
        "und": None,
        "klingon": None,
    }
    provider.script = scripted([heard("Hello.", name) for name in codes])
    found = {name: door.hear(a_listen()).answer.languages for name in codes}
    assert found == {name: (code,) if code else () for name, code in codes.items()}


def test_times_that_cannot_be_right_cost_the_times_and_not_the_words(door: Door, provider: Provider) -> None:
    wrong: dict[str, list[Any]] = {
        "none": [{"start": None, "end": None, "text": "Hello there."}],
        "backwards": [{"start": 2.0, "end": 1.0, "text": "Hello there."}],
        "out of order": [{"start": 3.0, "end": 4.0, "text": "Hello"}, {"start": 1.0, "end": 2.0, "text": " there."}],
        "words left out": [{"start": 1.0, "end": 2.0, "text": "Hello"}],
        "after the end": [{"start": 900.0, "end": 901.0, "text": "Hello there."}],
        "without": [{"text": "Hello there."}],
        "null": [None],
    }
    provider.script = scripted([heard("Hello there.", languages=None, segments=one) for one in wrong.values()])
    for name in wrong:
        words = door.hear(a_listen(model="whisper-1")).answer
        assert (words.text, words.segments) == ("Hello there.", ()), name


def test_segments_hold_nothing_that_postgres_takes_for_no_text(door: Door, provider: Provider) -> None:
    provider.script = scripted([heard("a\0b", segments=[{"start": 0, "end": 1, "text": "a\0b"}])])
    assert [one.text for one in door.hear(a_listen(model="whisper-1")).answer.segments] == ["ab"]


@pytest.mark.parametrize(
    ("reply", "kind", "state"),
    [
        (error(400, "invalid_value"), "Permanent", "released"),
        (error(413), "Permanent", "released"),
        (error(404, "model_not_found"), "Unusable", "released"),
        (error(429, "rate_limit_exceeded", retry_after="7"), "RateLimited", "released"),
        (error(500), "Unanswered", "unknown"),
        (Reply(b'{"txt": "SECRET-WORDS"}'), "Unanswered", "unknown"),
        (Reply(b"", hang_up=True), "Unanswered", "unknown"),
        (heard("SECRET-WORDS", usage={"type": "duration", "seconds": -5}), "Unanswered", "unknown"),
    ],
)
def test_each_odd_reply_has_its_class(
    door: Door, db: Database, provider: Provider, reply: Reply, kind: str, state: str
) -> None:
    provider.script = scripted([reply])
    with pytest.raises(Failure) as met:
        door.hear(a_listen())
    assert type(met.value).__name__ == kind
    assert "SECRET" not in f"{met.value!r} {met.value} {met.value.__context__!r} {met.value.__cause__!r}"
    assert [row[0] for row in states(db)] == [state]
    assert "prompt" not in str(met.value)


def test_over_the_cap_of_speech_nothing_is_sent_and_text_goes_on(db: Database, provider: Provider) -> None:
    door = Door(db, chosen(), base_url=provider.url)
    with db.transaction() as conn:
        conn.execute("insert into llm.caps (workspace, kind, usd) values ('', 'speech', 0.0001)")
    with pytest.raises(Deferred, match="cap of speech"):
        door.hear(a_listen())
    assert provider.asked == []
    assert door.buy(an_ask())


def test_a_call_as_it_comes_finds_the_permits_that_others_may_not_take(db: Database, provider: Provider) -> None:
    door = Door(db, chosen(llm_requests_in_flight=3, llm_live_requests=2), base_url=provider.url)
    provider.script = scripted([answered(ANSWER), heard("Hello.")])
    door.buy(an_ask())
    with db.transaction() as conn:
        conn.execute("update budgets.permits set until = now() + interval '1 hour' where n = 2")
    with pytest.raises(Failure, match="stopped"):
        door.hear(a_listen(), stopped=lambda: True)
    assert door.hear(a_listen(live=True)).answer.text == "Hello."


def test_a_model_that_was_shut_down_is_refused_with_its_day() -> None:
    assert price_of("whisper-1", date(2027, 2, 25)).minute == Decimal("0.006")
    for model in ("whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe-2025-12-15"):
        with pytest.raises(Failure, match=r"shut it down on 2027-02-26.* NOOKS_CALLS_TRANSCRIPTION_MODEL"):
            price_of(model, date(2027, 2, 26))
    assert price_of("gpt-transcribe", date(2027, 2, 26)).minute == Decimal("0.0045")


def test_a_model_that_answers_does_not_hear_and_the_other_way_round(door: Door, provider: Provider) -> None:
    with pytest.raises(Failure, match="does not hear"):
        door.hear(a_listen(model="gpt-6-luna"))
    with pytest.raises(Failure, match="answers no questions"):
        door.buy(an_ask(model="gpt-transcribe"))
    assert provider.asked == []


def test_no_log_holds_audio_or_words(door: Door, provider: Provider, caplog: pytest.LogCaptureFixture) -> None:
    provider.script = scripted([error(400), Reply(b"SECRET-REPLY"), heard("SECRET-WORDS")])
    with caplog.at_level(logging.DEBUG):
        for _ in range(2):
            with pytest.raises(Failure):
                door.hear(a_listen())
        bought = door.hear(a_listen())
    logged = [record.getMessage() + str(record.exc_info or "") for record in caplog.records]
    assert not [line for line in logged if "SECRET" in line]
    assert "SECRET" not in repr(bought) + repr(a_listen())
