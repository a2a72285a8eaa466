"""The arithmetic of a portal: ids, links and moments lead back to the rows that they are of."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hubspot.generated.ids import FIRST_CREATED, IdSeries
from sandbox.hubspot.generated.links import NOWHERE, Link
from sandbox.world.timeline import Timeline, ties

keys = st.integers(0, 2**64 - 1)


@given(keys, st.integers(1, 3_000), st.integers(-10, 2**40))
@settings(max_examples=60)
def test_uneven_ids_ascend_and_lead_back_to_their_rows(key: int, count: int, guess: int) -> None:
    series = IdSeries(key, count)
    ids = series.ids(np.arange(count)).tolist()
    assert ids == sorted(set(ids))
    assert [series.index(record_id) for record_id in ids] == list(range(count))
    assert [series.id(index) for index in range(count)] == ids
    for bound in (guess, *ids[:: max(count // 7, 1)]):
        assert series.lower_bound(bound) == sum(record_id < bound for record_id in ids)
        assert series.index(bound) == (ids.index(bound) if bound in ids else None)
        assert series.rows(np.array([bound])).tolist() == [ids.index(bound) if bound in ids else -1]


def test_ids_begin_small_jump_to_eleven_digits_and_stay_below_those_of_created_records() -> None:
    series = IdSeries(2**64 - 1, 15_000_000)
    assert series.id(0) < 1_000
    assert 10**10 < series.id(7_000_000) < series.id(14_999_999) < FIRST_CREATED
    assert series.index(series.id(14_999_999)) == 14_999_999


@given(keys, st.integers(1, 400), st.integers(1, 90), st.integers(0, 14))
@settings(max_examples=60)
def test_links_are_found_from_both_ends(key: int, sources: int, targets: int, gaps: int) -> None:
    link = Link(key, sources, targets, gaps)
    led = link.targets(np.arange(sources)).tolist()
    assert set(led) <= {NOWHERE, *range(targets)}
    places, found = link.sources(np.arange(targets))
    pairs = set(zip(found.tolist(), places.tolist(), strict=True))
    assert pairs == {(source, target) for source, target in enumerate(led) if target != NOWHERE}


def test_some_rows_have_no_link_and_few_have_very_many() -> None:
    link = Link(99, 100_000, 20_000, 1)
    led = link.targets(np.arange(100_000))
    assert 0.04 < np.mean(led == NOWHERE) < 0.09
    sizes = np.bincount(led[led != NOWHERE], minlength=20_000)
    assert (sizes > 500).sum() == 10
    assert np.median(sizes) <= 6


@given(st.integers(1, 2_000), st.integers(0, 10**12))
@settings(max_examples=40)
def test_moments_in_milliseconds_lead_back_to_their_first_rank(count: int, beyond: int) -> None:
    timeline = Timeline(count, 1_000, ties(60, 120))
    moments = timeline.moments(np.arange(count)).tolist()
    assert moments == sorted(moments) == [timeline.moment(rank) for rank in range(count)]
    for moment in (*moments[::97], timeline.begin + beyond):
        assert timeline.lower_bound(moment) == sum(each < moment for each in moments)
