"""Chunks cover what they must, once."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.salesforce import ids, planning
from nooks_dagster.crm.salesforce.planning import Section
from nooks_dagster.crm.salesforce.soql import moment

numbers = st.integers(min_value=0, max_value=62**12 - 1)
START = datetime(2026, 11, 1, tzinfo=UTC)


def holders(chunks: list[Section], record: str) -> list[Section]:
    short = record[:15]
    return [
        chunk
        for chunk in chunks
        if short >= chunk.spec.get("low", "")[:15] and (not (high := chunk.spec.get("high")) or short < high[:15])
    ]


@st.composite
def histories(draw: st.DrawFn) -> tuple[str, str, list[Section]]:
    smallest, largest = sorted((draw(numbers), draw(numbers)))
    low, high = ids.from_number("003", smallest), ids.from_number("003", largest)
    step = planning.id_step(low, high, draw(st.integers(1, 40)))
    return low, high, list(planning.first_ranges(low, high, step))


@given(histories(), st.lists(numbers, max_size=20))
def test_every_id_is_in_exactly_one_range_wherever_it_was_inserted(
    history: tuple[str, str, list[Section]], inserted: list[int]
) -> None:
    low, high, chunks = history
    for record in (low, high, *(ids.from_number("003", number) for number in inserted)):
        assert len(holders(chunks, record)) == 1


@given(histories())
def test_ranges_follow_each_other_without_a_gap_in_the_order_of_their_keys(
    history: tuple[str, str, list[Section]],
) -> None:
    *_, chunks = history
    assert [chunk.key for chunk in chunks] == sorted({chunk.key for chunk in chunks})
    assert "low" not in chunks[0].spec
    assert "high" not in chunks[-1].spec
    assert all(one.spec["high"] == other.spec["low"] for one, other in pairwise(chunks))


@given(histories(), st.data(), numbers)
def test_a_resumed_plan_draws_the_same_borders_and_goes_on_beyond_new_rows(
    history: tuple[str, str, list[Section]], data: st.DataObject, newest: int
) -> None:
    _, high, chunks = history
    at = data.draw(st.integers(0, len(chunks) - 1))
    assert list(planning.ranges_after(chunks[at], high)) == chunks[at + 1 :]
    step = int(chunks[0].spec["step"])
    grown = ids.from_number("003", min(ids.to_number(high) + newest % (40 * step), 62**12 - 1))
    resumed = chunks[: at + 1] + list(planning.ranges_after(chunks[at], grown))
    assert len(holders(resumed, grown)) == 1
    assert "high" not in resumed[-1].spec


def test_a_plan_has_about_as_many_ranges_as_asked_for() -> None:
    low, high = ids.from_number("001", 0), ids.from_number("001", 10**12)
    chunks = list(planning.first_ranges(low, high, planning.id_step(low, high, 20)))
    assert len(chunks) == 20


@pytest.mark.parametrize(("smallest", "largest"), [("001", "0010000000000zz"), ("001" + "0" * 12, "a01" + "0" * 12)])
def test_ids_without_arithmetic_make_one_range_over_everything(smallest: str, largest: str) -> None:
    (chunk,) = planning.first_ranges(smallest, largest, 5)
    assert not {"low", "high"} & chunk.spec.keys()


def test_forty_million_rows_stay_within_the_keys() -> None:
    assert planning.parts(40_000_000, 20_000) == 2_000
    assert planning.parts(10**12, 20_000) == planning.MOST_SECTIONS
    assert planning.parts(0, 20_000) == planning.parts(20_000, 20_000) == 1


@given(st.integers(0, 10**12), st.integers(1, 30))
def test_time_slices_share_their_borders_and_reach_from_end_to_end(microseconds: int, count: int) -> None:
    until = START + timedelta(microseconds=microseconds)
    chunks = list(planning.time_slices(START, until, count))
    if not microseconds:
        assert chunks == []
        return
    assert chunks[0].spec["since"] == moment(START)
    assert chunks[-1].spec["until"] == moment(until)
    assert all(one.spec["until"] == other.spec["since"] for one, other in pairwise(chunks))
    assert len(chunks) <= count
