"""Ids as one text: each comes back as it was, and a thousand of HubSpot's fit in an item."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.sync.packed_ids import pack, unpack


@given(st.lists(st.integers(0, 10**15).map(str) | st.from_regex(r"[A-Za-z0-9]{1,18}", fullmatch=True)))
def test_ids_come_back_as_they_were(ids: list[str]) -> None:
    assert list(unpack(pack(ids))) == ids


@given(st.lists(st.integers(0, 10**15).map(str)))
def test_numbers_come_back_in_whatever_order_they_were(ids: list[str]) -> None:
    assert list(unpack(pack(ids))) == ids


@pytest.mark.parametrize("ids", [[], ["007", "8"], ["٣"], ["0035e00000AAAAAAA1", "12"], ["9", "3", "3"]])
def test_what_only_looks_like_a_number_is_kept_to_the_letter(ids: list[str]) -> None:
    assert list(unpack(pack(ids))) == ids


def test_a_thousand_numbers_of_eleven_digits_take_less_than_8_kilobytes() -> None:
    assert len(pack([str(10**10 + step * 10**7) for step in range(1_000)])) < 7_000


def test_a_list_of_an_older_release_is_read_as_it_is() -> None:
    assert unpack(["1", "2"]) == ["1", "2"]
