"""Ids: their checksum, both lengths, and the order of their counters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.salesforce.ids import DIGITS, IdSeries, checksum, of_number, to15, to18, to_number

ids15 = st.text(DIGITS, min_size=15, max_size=15)


@pytest.mark.parametrize(
    "known", ["001Hp00000005CaIAI", "006Hp0000001G2iIAE", "005Hp00000000GIIAY", "01tHp000000000oIAA"]
)
def test_the_checksum_is_that_of_ids_which_salesforce_gave_out(known: str) -> None:
    assert to18(known[:15]) == known


@given(ids15)
def test_each_checksum_bit_says_whether_its_character_is_a_capital(id15: str) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
    bits = [alphabet.index(character) >> place & 1 for character in checksum(id15) for place in range(5)]
    assert bits == [int(character in "ABCDEFGHIJKLMNOPQRSTUVWXYZ") for character in id15]


@given(ids15)
def test_both_lengths_of_an_id_are_understood(id15: str) -> None:
    assert to15(id15) == to15(to18(id15)) == to15(id15 + checksum(id15).lower()) == id15


@given(ids15, st.integers(0, 14))
def test_an_id_whose_case_was_lost_is_refused(id15: str, place: int) -> None:
    damaged = id15[:place] + id15[place].swapcase() + id15[place + 1 :] + checksum(id15)
    assert id15[place].isdigit() or to15(damaged) is None


@pytest.mark.parametrize(
    "text", ["", "001", "001Hp00000005C-", "001Hp00000005CaIA", "001Hp00000005CaIAIx", "001Hp00000005Cé"]
)
def test_what_is_no_id_is_refused(text: str) -> None:
    assert to15(text) is None


@given(st.integers(0, 62**10 - 10**6), st.integers(0, 10**6 - 1), st.integers(0, 10**6 - 1))
def test_ids_sort_as_their_counters_and_lead_back_to_them(first: int, one: int, other: int) -> None:
    series = IdSeries("001Hp", first, 10**6)
    mine, theirs = series.id15(one), series.id15(other)
    assert (mine < theirs) == (to_number(mine) < to_number(theirs)) == (one < other)
    assert series.index(mine) == one
    assert of_number(to_number(mine)) == mine
    assert series.ids18(np.array([one, other])).to_pylist() == [to18(mine), to18(theirs)]


def test_bounds_outside_a_series_are_its_ends() -> None:
    series = IdSeries("001Hp", 1_000, 50)
    assert series.lower_bound("001Hp0000000000") == series.lower_bound("000zz" + "z" * 10) == 0
    assert series.lower_bound("001Hpzzzzzzzzzz") == series.lower_bound("002000000000000") == 50
    assert series.index("001Hpzzzzzzzzzz") is None
