"""The spool: of several observations of one version the latest counts, however many slices it is looked for in."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.crm.changes.rows import SCHEMA
from nooks_dagster.crm.changes.spool import ChangeSpool, chosen

ROOT = datetime(2026, 1, 1, tzinfo=UTC)
Seen = tuple[str, int, int]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


seen = st.tuples(st.sampled_from("abc"), st.integers(0, 5), st.integers(0, 5))  # id, stamp, observed: in seconds


def batch(rows: list[Seen], first: int) -> pa.RecordBatch:
    told = [
        {
            "source_object": "Thing__c",
            "id": record,
            "changed_at": ROOT + timedelta(seconds=stamp),
            "observed_at": ROOT + timedelta(seconds=observed),
            "values": str(place),
        }
        for place, (record, stamp, observed) in enumerate(rows, first)
    ]
    return pa.RecordBatch.from_pylist(told, schema=SCHEMA)


@settings(max_examples=60)
@given(rows=st.lists(seen, max_size=30), cut=st.integers(0, 30), slice_rows=st.integers(1, 40))
def test_the_latest_observation_of_each_version_is_chosen_and_of_equal_ones_the_first(
    scratch: Path, rows: list[Seen], cut: int, slice_rows: int
) -> None:
    wanted: dict[tuple[str, int], int] = {}
    for place, (record, stamp, observed) in enumerate(rows):
        standing = wanted.get((record, stamp))
        if standing is None or rows[standing][2] < observed:
            wanted[record, stamp] = place
    with ChangeSpool(scratch, slice_rows) as spool:
        spool.add(batch(rows[:cut], 0))
        spool.add(batch(rows[cut:], len(rows[:cut])))
        kept, path = spool.latest()
        found = [int(text) for part in chosen(path, kept) for text in part.column("values").to_pylist()]
    assert found == sorted(wanted.values())
    assert not path.exists()
