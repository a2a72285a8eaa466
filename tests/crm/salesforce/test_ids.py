"""Ids as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.salesforce import ids

numbers = st.integers(min_value=0, max_value=62**12 - 1)


@given(numbers)
def test_a_number_and_its_id_are_two_forms_of_one_thing(number: int) -> None:
    record = ids.from_number("001", number)
    assert len(record) == 18
    assert record.startswith("001")
    assert ids.to_number(record) == ids.to_number(record[:15]) == number


@given(numbers, numbers)
def test_ids_sort_as_their_numbers_do(one: int, other: int) -> None:
    assert (ids.from_number("001", one)[:15] < ids.from_number("001", other)[:15]) == (one < other)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("001A0000006Vm9r", "001A0000006Vm9rIAC"),
        ("a0C1U00000BbCcd", "a0C1U00000BbCcdUAF"),
        ("00530000000000A", "00530000000000AAAQ"),
    ],
)
def test_the_checksum_says_which_characters_are_capitals(short: str, long: str) -> None:
    assert ids.with_checksum(short) == long


@pytest.mark.parametrize("text", ["", "001", "001A0000006Vm9r'", "001A0000006Vm9rIA", "001A0000006Vm9rIACX"])
def test_what_is_not_an_id_is_not_taken_for_one(text: str) -> None:
    assert not ids.is_id(text)
