"""Words as sound: each is heard as it was spoken, or not at all."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.calls.codec import LANGUAGES, Samples, Word, bit_samples, listen, sound

RATES = (8000, 16000)
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=24).filter(lambda text: len(text.encode()) <= 120)
WORDS = st.builds(Word, TEXTS, st.sampled_from(LANGUAGES), st.integers(0, 15))
SPOKEN = st.lists(WORDS, min_size=1, max_size=6)


def spoken(words: Sequence[Word], rate: int = 8000, *, loudness: int = 6000, seed: int = 1) -> Samples:
    """The words with pauses between them, on a line that is not quite silent."""
    pause = np.zeros(rate // 20, np.int16)
    parts = [part for word in words for part in (pause, sound(word, rate, loudness))]
    samples = np.concatenate([*parts, pause])
    return samples + np.random.default_rng(seed).integers(-8, 9, len(samples), np.int16)


def heard(samples: Samples, rate: int = 8000) -> list[Word]:
    return [each.word for each in listen(samples, rate)]


@given(words=SPOKEN, rate=st.sampled_from(RATES), loudness=st.integers(4000, 30_000), seed=st.integers(0, 99))
@settings(max_examples=60, deadline=None)
def test_what_is_spoken_is_heard_at_any_rate_and_loudness(
    words: list[Word], rate: int, loudness: int, seed: int
) -> None:
    assert heard(spoken(words, rate, loudness=loudness, seed=seed), rate) == words


@given(words=SPOKEN, share=st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_cut_costs_the_word_that_it_goes_through_and_no_other(words: list[Word], share: float) -> None:
    samples = spoken(words)
    at = int(share * len(samples))
    before, after = heard(samples[:at]), heard(samples[at:])
    assert before == words[: len(before)]
    assert after == words[len(words) - len(after) :]
    assert len(words) - 1 <= len(before) + len(after) <= len(words)


@given(first=SPOKEN, second=SPOKEN)
@settings(max_examples=40, deadline=None)
def test_two_voices_at_once_never_give_a_word_that_nobody_said(first: list[Word], second: list[Word]) -> None:
    one, other = spoken(first).astype(np.int32), spoken(second, loudness=8000).astype(np.int32)
    one, other = one[: len(other)], other[: len(one)]
    assert set(heard(((one + other) // 2).astype(np.int16))) <= {*first, *second}


@given(words=SPOKEN)
@settings(max_examples=30, deadline=None)
def test_nothing_is_heard_at_another_rate_upside_down_or_backwards(words: list[Word]) -> None:
    samples = spoken(words)
    assert heard(samples, 16000) == []
    assert heard(-samples) == []
    assert heard(samples[::-1]) == []


def test_noise_says_nothing() -> None:
    generator = np.random.default_rng(1)
    for loudness in (8, 400, 2000, 30_000):
        assert heard(generator.integers(-loudness, loudness, 80_000, np.int16)) == []


def test_a_word_lasts_as_long_as_people_need_for_it() -> None:
    seconds = [len(sound(Word(text), 8000)) / 8000 for text in ("I", "phone", "understand", "a.person@example.com")]
    assert seconds == sorted(seconds)
    assert 0.1 < seconds[0] < 0.2 < seconds[1] < 0.3 < seconds[2] < 0.4 < seconds[3] < 0.7


def test_words_stand_where_they_were_said() -> None:
    first, second = listen(spoken([Word("one"), Word("two")]), 8000)
    bit = bit_samples(8000) / 8000
    assert first.start == pytest.approx(0.05, abs=bit)
    assert second.start == pytest.approx(first.end + 0.05, abs=bit)


@pytest.mark.parametrize("text", ["", "x" * 121])
def test_a_word_that_cannot_be_spoken_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a word has"):
        sound(Word(text), 8000)
