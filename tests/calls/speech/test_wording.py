"""From words to utterances: sentences, when they were said, in which language, by whom."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.calls.audio.pieces import Piece
from nooks_dagster.calls.audio.voice import Span
from nooks_dagster.calls.speech.languages import languages_of
from nooks_dagster.calls.speech.parts import Part
from nooks_dagster.calls.speech.sentences import sentences
from nooks_dagster.calls.speech.timing import lay
from nooks_dagster.calls.speech.wording import utterances
from nooks_dagster.calls.submission import Role
from nooks_dagster.llm.hearing import Segment, Words

TEXTS = st.text(st.sampled_from("aB .!?,…。\n日"), max_size=60)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hi. How are you? Fine!", ["Hi.", "How are you?", "Fine!"]),
        ("Mr. Smith owes $3.50. Yes.", ["Mr. Smith owes $3.50.", "Yes."]),
        ('He said "no." Then he left', ['He said "no."', "Then he left"]),
        ("今日は。いいですね。はい", ["今日は。", "いいですね。", "はい"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_cut_at_its_full_stops(text: str, parts: list[str]) -> None:
    assert list(sentences(text)) == parts


@settings(max_examples=50)
@given(TEXTS)
def test_sentences_hold_all_letters_in_order(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_a_text_without_full_stops_is_cut_between_words() -> None:
    found = sentences("word " * 500)
    assert len(found) > 4
    assert " ".join(found).split() == ["word"] * 500


SPANS = st.lists(st.tuples(st.integers(0, 400), st.integers(1, 900)), min_size=1, max_size=8)


@settings(max_examples=40)
@given(SPANS, st.lists(st.text("abc ", min_size=1, max_size=30), min_size=1, max_size=8))
def test_sentences_are_laid_in_order_within_the_voice(gaps: list[tuple[int, int]], texts: list[str]) -> None:
    voice, moment = [], 0
    for pause, long in gaps:
        voice.append(Span(moment + pause, moment + pause + long))
        moment = voice[-1].end
    laid = lay(texts, voice, 0, moment)
    assert len(laid) == len(texts)
    assert all(voice[0].start <= span.start <= span.end <= voice[-1].end for span in laid)
    assert all(before.end <= after.start for before, after in pairwise(laid))


def test_a_sentence_begins_after_a_pause_rather_than_before_it() -> None:
    assert lay(["abcd", "efgh"], [Span(0, 1000), Span(5000, 6000)], 0, 6000) == [Span(0, 1000), Span(5000, 6000)]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (["es"], ["es", "es", "es"]),
        (["en", "es"], ["en", "es", "en"]),
        ([], ["en", "en", "en"]),
        (["haw", "ty"], ["haw", "haw", "haw"]),  # of which the words tell neither
    ],
)
def test_each_sentence_has_a_language_that_the_model_heard(told: list[str], expected: list[str]) -> None:
    said = [
        "Good morning, how are you?",
        "Muchas gracias, estoy muy bien hoy.",
        "That is wonderful to hear, thank you.",
    ]
    assert list(languages_of(said, told, "en")) == expected


def test_what_is_too_short_to_tell_is_in_the_language_of_the_workspace() -> None:
    assert languages_of(["Ok."], [], "de") == ["de"]


@pytest.mark.parametrize(
    ("text", "told", "language"),
    [
        ("はい、もしもし", [], "ja"),
        ("שלום חבר", [], "he"),
        ("Eg heiter Ola, og eg kjem frå Bergen. Korleis har du det i dag?", [], "no"),  # as the model calls it too
        ("Ok.", ["es", "fr"], "es"),  # the model excludes the workspace's
        ("Ok.", ["es", "de"], "de"),
    ],
)
def test_a_short_text_is_in_a_language_that_its_letters_and_the_model_allow(
    text: str, told: list[str], language: str
) -> None:
    assert languages_of([text], told, "de") == [language]


def test_what_holds_no_letter_was_not_said() -> None:
    assert utterances([(part(0, None, 0, 1000), Words(text="... 。"))], "en") == []


def part(channel: int, speaker: Role | None, start: int, end: int, shared: int = 0) -> Part:
    return Part(channel, speaker, Piece(start, end, shared), [Span(start + 100, end - 100)])


def test_a_conversation_is_told_in_the_order_in_which_it_was_said() -> None:
    heard = [
        (part(0, Role.REP, 0, 1000), Words(text="Hello.", languages=["en"])),
        (part(0, Role.REP, 4000, 5000), Words(text="Bye.", languages=["en"])),
        (part(1, Role.PROSPECT, 2000, 3000), Words(text="Hola.", languages=["es"])),
    ]
    told = [(one.seq, one.speaker, one.start_ms, one.text, one.language, one.timing) for one in utterances(heard, "en")]
    assert told == [
        (0, Role.REP, 100, "Hello.", "en", "estimated"),
        (1, Role.PROSPECT, 2100, "Hola.", "es", "estimated"),
        (2, Role.REP, 4100, "Bye.", "en", "estimated"),
    ]


def test_times_that_the_model_tells_are_those_of_the_recording_and_shared_seconds_are_told_once() -> None:
    before = [Segment(start=1, end=2, text=" One."), Segment(start=7, end=8, text=" Two.")]
    after = [Segment(start=1, end=2, text=" Two."), Segment(start=4, end=5, text=" Three.")]
    heard = [
        (part(0, None, 0, 10_000), Words(text="One. Two.", languages=["en"], segments=before)),
        (part(0, None, 6_000, 16_000, shared=4_000), Words(text="Two. Three.", languages=["en"], segments=after)),
    ]
    told = [(one.start_ms, one.end_ms, one.text, one.timing) for one in utterances(heard, "en")]
    assert told == [(1000, 2000, "One.", "told"), (7000, 8000, "Two.", "told"), (10000, 11000, "Three.", "told")]


def test_times_that_only_one_of_two_joined_pieces_tells_cost_no_words() -> None:
    before = [Segment(start=1, end=2, text=" One."), Segment(start=7, end=8, text=" Two.")]
    for told, untold in ((before, ()), ((), before)):
        heard = [
            (part(0, None, 0, 10_000), Words(text="One. Two.", segments=told)),
            (part(0, None, 6_000, 16_000, shared=4_000), Words(text="Three. Four.", segments=untold)),
        ]
        said = utterances(heard, "en")
        assert [one.text for one in said] == ["One.", "Two.", "Three.", "Four."]
        assert {one.timing for one in said} == {"estimated"}
