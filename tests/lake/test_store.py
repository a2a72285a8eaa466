"""Objects are created once, verified when read, and JSON documents change hands by generation."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from nooks_dagster.failures import Corrupt, Permanent, Transient
from nooks_dagster.lake.documents import Document
from nooks_dagster.lake.errors import Conflict, Missing
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.local.ports import free_port


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part"
    path.write_bytes(b"twelve bytes")
    return path


def overwrite(handle: Handle, data: bytes) -> None:
    """Change an object behind the lake's back."""
    bucket, _, name = handle.uri.removeprefix("gs://").partition("/")
    storage.Client().bucket(bucket).blob(name).upload_from_string(data)


def test_what_was_uploaded_comes_back(lake: Lake, file: Path, tmp_path: Path) -> None:
    handle = lake.upload(file, "Ünï cødé/a b%2F+c?#.bin", rows=3)
    lake.download(handle, tmp_path / "new" / "copy")
    assert (tmp_path / "new" / "copy").read_bytes() == b"twelve bytes"
    assert (handle.rows, handle.bytes) == (3, 12)
    assert Handle.from_json(handle.to_json()) == handle


def test_what_was_put_from_memory_comes_back_and_is_put_once(lake: Lake) -> None:
    handle = lake.put("calls/a.json", b'{"n": 1}', "application/json", rows=2)
    assert lake.get(handle) == b'{"n": 1}'
    assert (handle.rows, handle.bytes) == (2, 8)
    assert lake.put("calls/a.json", b'{"n": 1}', "application/json", rows=2) == handle
    with pytest.raises(Corrupt, match="taken by other bytes"):
        lake.put("calls/a.json", b'{"n": 2}', "application/json", rows=2)


def test_of_an_object_that_nobody_knows_no_more_is_read_than_is_told_apart_from_too_much(lake: Lake) -> None:
    handle = lake.put("a", b"twelve bytes", "text/plain")
    assert lake.read(handle.uri, 12) == b"twelve bytes"
    assert lake.read(handle.uri, 5) == b"twelve"
    with pytest.raises(Missing):
        lake.read(lake.uri("b"), 5)


@pytest.mark.parametrize("altered", [b"twelve bytez", b"short", b""])
def test_altered_bytes_are_not_given_from_memory_either(lake: Lake, altered: bytes) -> None:
    handle = lake.put("a", b"twelve bytes", "text/plain")
    overwrite(handle, altered)
    with pytest.raises(Corrupt, match=rf"{handle.uri}: .*not those that were written"):
        lake.get(handle)


def test_a_file_above_the_single_request_limit_is_uploaded_in_pieces(lake: Lake, tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * 40_000 * 2)
    handle = lake.upload(large, "large", rows=0)
    lake.download(handle, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == large.read_bytes()


def test_uploading_the_same_bytes_again_is_the_same_as_once(lake: Lake, file: Path) -> None:
    assert lake.upload(file, "a", rows=1) == lake.upload(file, "a", rows=1)


def test_a_name_that_is_taken_by_other_bytes_is_refused(lake: Lake, file: Path) -> None:
    lake.upload(file, "a", rows=1)
    file.write_bytes(b"other bytes!")
    with pytest.raises(Corrupt, match=r"/a: The name is taken by other bytes.* fence"):
        lake.upload(file, "a", rows=1)


def test_of_eight_racers_for_a_name_one_wins(lake: Lake, tmp_path: Path) -> None:
    def race(number: int) -> bool:
        path = tmp_path / f"racer{number}"
        path.write_text(str(number))
        try:
            lake.upload(path, "prize", rows=0)
        except Corrupt:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(race, range(8))) == 1


@pytest.mark.parametrize("altered", [b"twelve bytez", b"short"])
def test_altered_bytes_are_noticed_and_never_reach_the_reader(
    lake: Lake, file: Path, tmp_path: Path, altered: bytes
) -> None:
    handle = lake.upload(file, "a", rows=1)
    overwrite(handle, altered)
    with pytest.raises(Corrupt, match=rf"{handle.uri}: .*not those that were written.* Materialise"):
        lake.download(handle, tmp_path / "copy")
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"part"}


def test_an_object_that_is_gone_is_missing(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="gone: There is no such object"):
        lake.download(Handle(lake.uri("gone"), 0, 0, "0" * 64), tmp_path / "copy")


def test_an_object_of_another_bucket_is_not_looked_for_here(lake: Lake, tmp_path: Path) -> None:
    with pytest.raises(Missing, match="another bucket"):
        lake.download(Handle("gs://elsewhere/a", 0, 0, "0" * 64), tmp_path / "copy")


def test_existence_is_that_of_the_exact_name(lake: Lake, file: Path) -> None:
    lake.upload(file, "p10", rows=0)
    assert lake.exists("p10")
    assert not lake.exists("p1")


def test_folders_are_listed_one_level_deep(lake: Lake, file: Path) -> None:
    for name in ("a/x=1/deep/part", "a/x=2/part", "a/part", "ab/x=3/part"):
        lake.upload(file, name, rows=0)
    assert lake.folders("a/") == ["a/x=1/", "a/x=2/"]


def test_a_missing_bucket_is_named_with_what_to_do(lake: Lake, file: Path) -> None:
    lost = Lake("no-such-bucket", scratch=lake.scratch)
    for attempt in (
        lambda: lost.upload(file, "a", rows=0),
        lambda: lost.exists("a"),
        lambda: lost.read_json("a"),
        lambda: lost.folders("a/"),
        lambda: lost.download(Handle(lost.uri("a"), 0, 0, "0" * 64), lake.scratch / "copy"),
    ):
        with pytest.raises(Permanent, match=r"bucket no-such-bucket does not exist.* NOOKS_LAKE_BUCKET"):
            attempt()


def test_a_lake_that_is_down_is_worth_another_try(tmp_path: Path) -> None:
    nobody = storage.Client(
        project="p",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://127.0.0.1:{free_port()}"},
    )
    down = Lake("bucket", nobody, scratch=tmp_path, patience=0.2)
    with pytest.raises(Transient, match=r"does not answer.*make up"):
        down.read_json("a")


def test_json_is_swapped_by_generation(lake: Lake) -> None:
    assert lake.read_json("doc") == Document(None, 0)
    first = lake.write_json("doc", {"n": 1, "who": "Zoë 🚀"}, generation=0)
    assert lake.read_json("doc") == Document({"n": 1, "who": "Zoë 🚀"}, first)
    second = lake.write_json("doc", {"n": 2}, generation=first)
    for stale in (0, first):
        with pytest.raises(Conflict):
            lake.write_json("doc", {"n": 3}, generation=stale)
    assert lake.read_json("doc") == Document({"n": 2}, second)


def test_swapping_at_once_loses_no_writers_change(lake: Lake) -> None:
    def count(_: int) -> None:
        lake.swap_json("counter", lambda standing: (standing.value or 0) + 1)  # type: ignore[operator]  # an int

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(8)))
    assert lake.read_json("counter").value == 8


def test_a_document_that_is_no_json_is_corrupt(lake: Lake, file: Path) -> None:
    lake.upload(file, "doc", rows=0)
    with pytest.raises(Corrupt, match="no JSON"):
        lake.read_json("doc")


def test_a_number_that_json_has_not_is_refused(lake: Lake) -> None:
    with pytest.raises(ValueError, match="JSON"):
        lake.write_json("doc", float("nan"), generation=0)


def test_objects_are_listed_below_a_prefix_and_removed_by_the_hundred(lake: Lake, file: Path) -> None:
    names = [f"a/{n:03d}" for n in range(130)]
    for name in [*names, "b/stays"]:
        lake.upload(file, name, rows=0)
    listed = list(lake.objects("a/"))
    assert [stored.name for stored in listed] == names
    assert {stored.bytes for stored in listed} == {12}
    assert listed[0].created <= listed[-1].created
    lake.remove(names)
    lake.remove(names[:1])
    assert [stored.name for stored in lake.objects("")] == ["b/stays"]
