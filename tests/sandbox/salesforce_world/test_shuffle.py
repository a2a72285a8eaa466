"""Shuffles and timelines: walked, counted and sought as looking at every row would."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.world.hashing import draws, mix, row_hashes, salt
from sandbox.world.shuffle import Shuffle, first_within, shuffled
from sandbox.world.timeline import BEGIN, END, Timeline

shuffles = st.builds(shuffled, st.integers(1, 3_000), st.integers(0, 2**40))
spans = st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)).map(lambda pair: (min(pair), max(pair)))


def clipped(span: tuple[int, int], count: int) -> tuple[int, int]:
    return min(span[0], count), min(span[1], count)


@given(shuffles)
def test_a_shuffle_meets_every_row_once(shuffle: Shuffle) -> None:
    ranks = [shuffle.rank(index) for index in range(shuffle.count)]
    assert sorted(ranks) == list(range(shuffle.count))
    assert [shuffle.index(rank) for rank in ranks] == list(range(shuffle.count))


@given(shuffles, spans, spans)
def test_a_walk_through_a_rectangle_finds_what_looking_at_every_row_finds(
    shuffle: Shuffle, indexes: tuple[int, int], ranks: tuple[int, int]
) -> None:
    indexes, ranks = clipped(indexes, shuffle.count), clipped(ranks, shuffle.count)
    expected = [index for index in range(*indexes) if ranks[0] <= shuffle.rank(index) < ranks[1]]
    assert list(shuffle.walk(indexes, ranks)) == expected


@given(shuffles, spans, spans, st.integers(1, 97), st.integers(0, 96))
def test_counting_a_rectangle_needs_no_walk(
    shuffle: Shuffle, indexes: tuple[int, int], ranks: tuple[int, int], every: int, residue: int
) -> None:
    indexes, ranks = clipped(indexes, shuffle.count), clipped(ranks, shuffle.count)
    expected = [index for index in shuffle.walk(indexes, ranks) if index % every == residue % every]
    assert shuffle.count_within(indexes, ranks, every, residue % every) == len(expected)


@given(shuffles)
def test_a_shuffle_can_be_read_from_the_other_side_and_from_the_end(shuffle: Shuffle) -> None:
    inverse, backwards = shuffle.inverse(), shuffle.reversed()
    for index in range(0, shuffle.count, 7):
        assert inverse.rank(shuffle.rank(index)) == index
        assert backwards.rank(shuffle.count - 1 - index) == shuffle.rank(index)


@given(st.integers(0, 400), st.integers(1, 400), st.data())
def test_the_first_multiple_within_a_span_is_found(step: int, modulus: int, data: st.DataObject) -> None:
    step %= modulus
    low = data.draw(st.integers(0, modulus - 1))
    width = data.draw(st.integers(1, modulus - low))
    hits = (x for x in range(modulus) if low <= step * x % modulus < low + width)
    assert first_within(step, modulus, low, width) == next(hits, None)


@given(st.integers(1, 60_000), st.data())
def test_time_never_falls_and_leads_back_to_its_first_rank(count: int, data: st.DataObject) -> None:
    timeline = Timeline(count)
    rank = data.draw(st.integers(0, count - 1))
    second = timeline.moment(rank)
    first = timeline.lower_bound(second)
    assert BEGIN <= second < END
    assert first <= rank
    assert timeline.moment(first) == second
    assert first == 0 or timeline.moment(first - 1) < second


def test_a_world_has_imports_that_share_a_second_and_a_bulk_update_longer_than_a_page() -> None:
    timeline = Timeline(20_000)
    assert timeline.moment(0) == timeline.moment(99) < timeline.moment(100)
    assert timeline.moment(7_500) == timeline.moment(9_999)


@given(shuffles, spans, spans, st.integers(1, 700))
def test_blocks_hold_what_a_walk_yields(
    shuffle: Shuffle, indexes: tuple[int, int], ranks: tuple[int, int], size: int
) -> None:
    indexes, ranks = clipped(indexes, shuffle.count), clipped(ranks, shuffle.count)
    for part in (ranks, (0, shuffle.count)):
        blocks = list(shuffle.blocks(indexes, part, size))
        assert all(0 < len(block) <= size for block in blocks)
        assert [index for block in blocks for index in block.tolist()] == list(shuffle.walk(indexes, part))


@pytest.mark.parametrize("count", [1, 20_000, 200_000_000])
def test_many_rows_at_once_have_the_ranks_times_and_hashes_of_single_rows(count: int) -> None:
    shuffle, timeline, key = shuffled(count, 2**63 + 12_345), Timeline(count), 2**64 - 7
    indexes = np.unique(np.linspace(0, count - 1, 500).astype(np.int64))
    singles = [shuffle.rank(index) for index in indexes.tolist()]
    assert shuffle.ranks(indexes).tolist() == singles
    assert timeline.moments(np.array(singles)).tolist() == [timeline.moment(rank) for rank in singles]
    golden = 0x9E3779B97F4A7C15
    assert row_hashes(key, indexes).tolist() == [mix(key + index * golden) for index in indexes.tolist()]


def test_the_draws_of_two_fields_are_even_and_have_nothing_to_do_with_each_other() -> None:
    hashes = row_hashes(99, np.arange(160_000))
    one, other = draws(hashes, salt("Name")), draws(hashes, salt("Phone"))
    assert 0 <= one.min() <= one.max() < 2**50
    for low in (0, 4, 17, 30, 46):
        cells = np.bincount((one >> low & 15) * 16 + (other >> low & 15), minlength=256)
        assert 500 < cells.min() <= cells.max() < 750, low  # 625 each; 5 times the deviation of 25
