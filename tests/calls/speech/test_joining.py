"""Joining pieces that share some seconds: no word doubled, none lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.calls.speech.joining import join

SHARED = 6.0
A_WORD = st.text("abcdefghij", min_size=1, max_size=8)


def joined(before: str, after: str) -> list[str]:
    return join(before, after, SHARED).split()


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
    assert join(" ".join(before), " ".join(after), 0.0).split() == before + after


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("We ship on Monday, and then", "on Monday and then we call.", "We ship on Monday, and then we call."),
        ("So the price is four hun", "price is four hundred dollars.", "So the price is four hundred dollars."),
        ("Nothing alike here", "whole other words", "Nothing alike here whole other words"),
        ("今日はいい天気ですね", "天気ですね。そうですね。", "今日はいい天気ですね。そうですね。"),
        ("", "Hello.", "Hello."),
        ("Hello.", "", "Hello."),
    ],
)
def test_punctuation_and_case_do_not_part_what_is_the_same(before: str, after: str, whole: str) -> None:
    assert join(before, after, SHARED) == whole


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        (
            "and we are gonna ship twenty units to them next week",
            "we are going to ship 20 units to them next week, right?",
            "and we are gonna ship twenty units to them next week, right?",
        ),
        ("It was the best of.", "was the best of all plans.", "It was the best of all plans."),
        ("I said no no no no no", "no no no no okay", "I said no no no no okay"),
        ("call 555 2671 again 555 2671.", "555, 2671. Again, 555 2671. Bye.", "call 555 2671 again 555 2671. Bye."),
        ("okay bye bye", "bye bye", "okay bye bye"),
        ("قلت له إن السعر مناسب جدا", "السِّعر مناسب جدًا، شكرا", "قلت له إن السعر مناسب جدًا، شكرا"),
        ("น้ำดื่มราคา", "ดื่มราคาเท่าไร", "น้ำดื่มราคาเท่าไร"),
    ],
)
def test_words_that_were_heard_differently_or_are_repeated_are_said_as_often_as_they_were(
    before: str, after: str, whole: str
) -> None:
    assert join(before, after, SHARED) == whole


@settings(max_examples=60)
@given(st.data())
def test_one_word_in_the_middle_that_was_heard_differently_doubles_none(data: st.DataObject) -> None:
    words = data.draw(st.lists(A_WORD, min_size=12, max_size=40, unique=True))
    right = words[len(words) - 8 :]
    right[data.draw(st.integers(1, 6))] = "OTHER"
    found = joined(" ".join(words), " ".join([*right, "END"]))
    assert len(found) == len(words) + 1
    assert set(words) - set(found) <= {words[-2]}  # what follows the last word that is the same is of the second


@settings(max_examples=40)
@given(st.lists(A_WORD, max_size=30), st.lists(A_WORD.map(str.upper).map("{}9".format), max_size=30))
def test_texts_that_have_nothing_in_common_are_both_kept(before: list[str], after: list[str]) -> None:
    assert joined(" ".join(before), " ".join(after)) == before + after
