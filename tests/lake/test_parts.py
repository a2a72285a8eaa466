"""One local Parquet file: what is in it, and that it never stays behind."""

import gc
import hashlib
import os
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nooks_dagster.failures import Transient
from nooks_dagster.lake.parts import PartWriter, sweep

SCHEMA = pa.schema([("id", pa.int64()), ("name", pa.string())])


def batch(rows: int, name: str = "x") -> pa.RecordBatch:
    return pa.record_batch({"id": range(rows), "name": [name] * rows}, schema=SCHEMA)


def test_small_batches_become_large_row_groups(tmp_path: Path) -> None:
    with PartWriter(tmp_path / "scratch", SCHEMA) as writer:
        for _ in range(60):
            writer.write(batch(2_000))
        part = writer.finish()
        written = pq.ParquetFile(part.path).metadata
        data = part.path.read_bytes()
    assert [written.row_group(i).num_rows for i in range(written.num_row_groups)] == [18_000] * 6 + [12_000]
    assert written.row_group(0).column(1).compression == "ZSTD"
    assert (part.rows, part.bytes) == (120_000, len(data))
    assert part.sha256 == hashlib.sha256(data).hexdigest()


def test_wide_rows_are_flushed_by_size(tmp_path: Path) -> None:
    with PartWriter(tmp_path, SCHEMA) as writer:
        for _ in range(10):
            writer.write(batch(100, name="w" * 100_000))
        assert pq.ParquetFile(writer.finish().path).metadata.num_row_groups == 5


def test_a_part_without_rows_keeps_its_schema(tmp_path: Path) -> None:
    with PartWriter(tmp_path, SCHEMA) as writer:
        part = writer.finish()
        assert pq.read_table(part.path).schema == SCHEMA
    assert part.rows == 0


@pytest.mark.filterwarnings("error")
def test_nothing_stays_on_the_disk_after_a_failure(tmp_path: Path) -> None:
    with warnings.catch_warnings(action="ignore"):
        gc.collect()  # what tests before this one left behind

    def fail() -> None:
        with PartWriter(tmp_path, SCHEMA) as writer:
            writer.write(batch(60_000))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_batch_of_another_schema_is_refused(tmp_path: Path) -> None:
    with PartWriter(tmp_path, SCHEMA) as writer:
        writer.write(pa.record_batch({"other": [1]}))
        with pytest.raises(pa.ArrowInvalid, match=r"[Ss]chema"):
            writer.finish()


def test_a_full_disk_is_a_failure_that_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def open_full(_: Path, mode: str, buffering: int) -> object:
        return open("/dev/full", mode.replace("x", "w"), buffering)  # noqa: PTH123  Path.open is replaced

    monkeypatch.setattr(Path, "open", open_full)

    def fill() -> None:
        with PartWriter(tmp_path, SCHEMA) as writer:
            writer.write(batch(60_000))
            writer.finish()

    with pytest.raises(Transient, match=f"{tmp_path}: The disk is full"):
        fill()


def test_what_a_killed_process_left_is_swept_and_what_is_in_work_is_not(tmp_path: Path) -> None:
    left, in_work = tmp_path / "left.parquet", tmp_path / "in_work.parquet"
    left.touch()
    in_work.touch()
    os.utime(left, (0, 0))
    assert sweep(tmp_path) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["in_work.parquet"]
