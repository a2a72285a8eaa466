"""Joining pieces that share some seconds: no word doubled, none lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.calls.speech.joining import join

SHARED = 6.0
A_WORD = st.text("abcdefghij", min_size=1, max_size=8)


def joined(before: str, after: str) -> list[str]:
    left, right = join(before, after, SHARED)
    return f"{left} {right}".split()


@settings(max_examples=60)
@given(st.data())
def test_words_in_both_pieces_are_said_once_whatever_became_of_those_at_the_cut(data: st.DataObject) -> None:
    words = data.draw(st.lists(A_WORD, min_size=6, max_size=60, unique=True))
    start = data.draw(st.integers(0, len(words) - 6))
    end = data.draw(st.integers(start + 6, min(start + 45, len(words))))
    left, right = words[:end], words[start:]
    if data.draw(st.booleans()):
        left[-1] = left[-1][:1] + "-X"
    if data.draw(st.booleans()):
        right[0] = "Y-" + right[0][-1:]
    if data.draw(st.booleans()):
        left.pop()
    assert joined(" ".join(left), " ".join(right)) == words


@settings(max_examples=20)
@given(st.lists(A_WORD, max_size=30), st.lists(A_WORD.map(str.upper), max_size=30))
def test_pieces_that_share_no_seconds_are_left_as_they_are(before: list[str], after: list[str]) -> None:
    texts = " ".join(before), " ".join(after)
    assert join(*texts, 0.0) == texts


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("We ship on Monday, and then", "on Monday and then we call.", "We ship on Monday, and then we call."),
        ("So the price is four hun", "price is four hundred dollars.", "So the price is four hundred dollars."),
        ("Nothing alike here", "whole other words", "Nothing alike here whole other words"),
        ("今日はいい天気ですね", "天気ですね。そうですね。", "今日はいい天気ですね 。そうですね。"),
        ("", "Hello.", "Hello."),
        ("Hello.", "", "Hello."),
    ],
)
def test_punctuation_and_case_do_not_part_what_is_the_same(before: str, after: str, whole: str) -> None:
    left, right = join(before, after, SHARED)
    assert f"{left} {right}".strip() == whole
