"""A footer says what need not be fetched, from the last bytes of a part alone."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nooks_dagster.lake import footers
from nooks_dagster.lake.errors import Missing
from nooks_dagster.lake.footers import bounds, footer
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake


@pytest.fixture
def part(lake: Lake, tmp_path: Path) -> Handle:
    """A part of three row groups with the numbers from 0 to 299, and a column without a value."""
    table = pa.table({"number": range(300), "nothing": pa.nulls(300, pa.int64())})
    pq.write_table(table, tmp_path / "part.parquet", row_group_size=100)
    return lake.upload(tmp_path / "part.parquet", "data/part.parquet", 300)


def test_each_row_group_tells_its_smallest_and_its_largest_value(lake: Lake, part: Handle) -> None:
    told = footer(lake, part)
    assert told is not None
    assert bounds(told, "number") == [(0, 99), (100, 199), (200, 299)]
    assert bounds(told, "nothing") == bounds(told, "of another name") == [None] * 3


def test_a_footer_that_is_longer_than_the_first_look_is_read_whole(
    lake: Lake, part: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(footers, "TAIL_BYTES", 100)
    told = footer(lake, part)
    assert told is not None
    assert told.num_rows == 300


def test_what_is_no_footer_says_nothing(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "broken").write_bytes(b"no part at all")
    assert footer(lake, lake.upload(tmp_path / "broken", "data/broken", 0)) is None
    (tmp_path / "short").write_bytes(b"x")
    assert footer(lake, lake.upload(tmp_path / "short", "data/short", 0)) is None


def test_a_part_that_is_gone_is_missing(lake: Lake, part: Handle) -> None:
    lake.remove(["data/part.parquet"])
    with pytest.raises(Missing):
        footer(lake, part)
