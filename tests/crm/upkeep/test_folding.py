"""Of many versions of a row, folding keeps the one that merging them ends with."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from nooks_dagster.crm.upkeep.folding import Versions, folded, joined
from tests.crm.things import Changes, Part, changes, query, timeline

Version = tuple[str, int, int, bool]
"""id, stamp, observed, deleted"""


def made(found: Sequence[Version], part: int = 0) -> Versions:
    ids, stamps, observed, deleted = zip(*found, strict=True)
    numbers = np.array(observed)
    place = (np.full(len(found), part), np.arange(len(found)))
    return Versions(pa.array(ids), np.array(stamps), numbers, numbers, np.array(deleted), *place)


def told(versions: Versions) -> dict[str, tuple[int, int, int, bool]]:
    columns = (versions.stamp, versions.observed, versions.present, versions.deleted)
    return dict(zip(versions.ids.to_pylist(), zip(*(c.tolist() for c in columns), strict=True), strict=True))


def versions_of(part: Part) -> list[Version]:
    return [(row.id, row.stamp, part.observed, row.deleted) for row in part.rows]


def test_the_newest_values_win_and_keep_the_latest_sight() -> None:
    assert told(folded(made([("a", 9, 10, False), ("a", 5, 12, False)]))) == {"a": (9, 10, 12, False)}


def test_of_one_stamp_the_later_query_wins() -> None:
    assert told(folded(made([("a", 5, 20, False), ("a", 5, 10, False)]))) == {"a": (5, 20, 20, False)}


def test_a_tombstone_stands_against_what_was_not_seen_after_it() -> None:
    assert told(folded(made([("a", 15, 20, True), ("a", 5, 10, False)]))) == {"a": (15, 20, 20, True)}


def test_a_row_that_comes_back_wins_over_its_tombstone_with_its_old_stamp() -> None:
    seen = [("a", 9, 10, False), ("a", 15, 20, True), ("a", 5, 30, False)]
    assert told(folded(made(seen))) == {"a": (5, 30, 30, False)}


def test_each_winner_knows_the_part_and_the_place_that_it_lies_in() -> None:
    both = joined([made([("a", 1, 1, False), ("b", 9, 9, False)], part=3), made([("a", 2, 2, False)], part=7)])
    winners = folded(both)
    found = zip(winners.ids.to_pylist(), winners.part.tolist(), winners.row.tolist(), strict=True)
    assert set(found) == {("a", 7, 0), ("b", 3, 1)}


@given(data=st.data(), histories=st.lists(changes, min_size=3, max_size=3))
def test_folding_in_any_order_and_any_number_of_steps_ends_with_the_latest_query(
    data: st.DataObject, histories: list[Changes]
) -> None:
    source = [timeline(str(i), steps) for i, steps in enumerate(histories)]
    began = data.draw(st.lists(st.integers(4, 20), min_size=1, max_size=5, unique=True))
    parts = [query(source, moment, [0, 0, 0]) for moment in began]
    model = {}
    for part in sorted(parts, key=lambda p: p.observed):
        model |= {row.id: (row.stamp, part.observed, part.observed, row.deleted) for row in part.rows}
    left = [made(versions_of(part)) for part in data.draw(st.permutations(parts)) if part.rows]
    if not left:
        return
    standing = folded(left.pop())
    while left:
        count = data.draw(st.integers(1, len(left)))
        standing = folded(joined([standing, *left[:count]]))
        left = left[count:]
    assert told(standing) == model
