"""What Google's own client sees of buckets and objects."""

import base64
import hashlib
import io
import os

import pytest
from google.api_core.exceptions import BadRequest, Conflict, NotFound
from google.cloud import storage

ODD_NAMES = [
    "Ünï cødé/a b%2F+c?#.txt",
    "a//b",
    "/leading",
    "trailing/",
    "sp ace",
    "per%cent",
    "q?x=1&y=2",
    "#fragment",
    "..",  # refused below; here only inside a path
    "dots/../up",
    "日本語/😀",
    "tab\tand\x01control",
    "quote'\"<>&",
    "b/inner/o/compose",
    "x/compose",
    "x/rewriteTo/b/y/o/z",
    "\U0010ffff",
    "n" * 1024,
]


@pytest.mark.parametrize("name", [name for name in ODD_NAMES if name != ".."])
def test_an_odd_name_is_stored_listed_read_and_deleted_as_it_is(bucket: storage.Bucket, name: str) -> None:
    bucket.blob(name).upload_from_string(name)
    assert [blob.name for blob in bucket.list_blobs()] == [name]
    assert bucket.blob(name).download_as_text() == name
    bucket.blob(name).delete()
    assert list(bucket.list_blobs()) == []


@pytest.mark.parametrize("name", [".", "..", "line\nbreak", "n" * 1025])
def test_a_name_that_google_refuses_is_refused(bucket: storage.Bucket, name: str) -> None:
    with pytest.raises(BadRequest):
        bucket.blob(name).upload_from_string("x")


def test_sizes_checksums_and_times_are_told_and_true(bucket: storage.Bucket) -> None:
    data = os.urandom(100_000)
    bucket.blob("x").upload_from_string(data, content_type="application/x-test")
    blob = bucket.get_blob("x")
    assert (blob.size, blob.content_type, blob.metageneration) == (100_000, "application/x-test", 1)
    assert blob.md5_hash == base64.b64encode(hashlib.md5(data).digest()).decode()
    assert blob.crc32c
    assert blob.time_created == blob.updated
    assert blob.etag


def test_a_changed_object_gets_a_greater_generation_and_the_old_one_is_gone(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("1")
    first = blob.generation
    blob.upload_from_string("2")
    assert blob.generation > first
    assert bucket.get_blob("x", generation=first) is None
    with pytest.raises(NotFound):
        bucket.blob("x", generation=first).download_as_bytes()


@pytest.mark.parametrize(("start", "end"), [(0, 0), (100, 199), (2_999_990, 4_000_000), (5, None)])
def test_a_range_is_the_bytes_of_that_range(bucket: storage.Bucket, start: int, end: int | None) -> None:
    data = os.urandom(3_000_000)
    bucket.blob("x").upload_from_string(data)
    expected = data[start:] if end is None else data[start : end + 1]
    assert bucket.blob("x").download_as_bytes(start=start, end=end) == expected


def test_a_chunked_upload_and_a_chunked_download_meet_in_the_same_bytes(bucket: storage.Bucket) -> None:
    data = os.urandom(3_000_001)
    bucket.blob("x", chunk_size=1 << 20).upload_from_file(io.BytesIO(data))
    assert bucket.blob("x", chunk_size=1 << 20).download_as_bytes() == data


def test_an_empty_object_is_an_object(bucket: storage.Bucket) -> None:
    bucket.blob("small").upload_from_string("")
    with bucket.blob("stream").open("wb") as stream:
        stream.write(b"")
    assert [blob.size for blob in bucket.list_blobs()] == [0, 0]
    assert bucket.blob("stream").download_as_bytes() == b""


def test_a_patch_changes_what_it_names_and_nothing_else(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.metadata = {"keep": "1", "drop": "2"}
    blob.upload_from_string("bytes", content_type="text/plain")
    generation = blob.generation
    blob.metadata = {"drop": None, "new": "3"}
    blob.cache_control = "no-store"
    blob.patch()
    seen = bucket.get_blob("x")
    assert seen.metadata == {"keep": "1", "new": "3"}
    assert (seen.content_type, seen.cache_control) == ("text/plain", "no-store")
    assert (seen.generation, seen.metageneration) == (generation, 2)
    assert seen.download_as_bytes() == b"bytes"


def test_a_copy_lives_on_when_its_original_dies(bucket: storage.Bucket) -> None:
    original = bucket.blob("x")
    original.metadata = {"k": "v"}
    original.upload_from_string("bytes", content_type="text/plain")
    bucket.copy_blob(original, bucket, "copied")
    token, _, _ = bucket.blob("rewritten").rewrite(original)
    original.delete()
    assert token is None
    for name in ("copied", "rewritten"):
        copy = bucket.get_blob(name)
        assert (copy.download_as_bytes(), copy.content_type, copy.metadata) == (
            b"bytes",
            "text/plain",
            {"k": "v"},
        )


def test_a_move_takes_the_bytes_along(bucket: storage.Bucket) -> None:
    bucket.blob("target").upload_from_string("old")
    source = bucket.blob("x")
    source.upload_from_string("new")
    bucket.move_blob(source, "target")
    assert [blob.name for blob in bucket.list_blobs()] == ["target"]
    assert bucket.blob("target").download_as_bytes() == b"new"


def test_compose_joins_in_order_and_counts_its_components(bucket: storage.Bucket) -> None:
    for number in range(3):
        bucket.blob(f"p{number}").upload_from_string(str(number) * 10)
    bucket.blob("all").compose([bucket.blob(f"p{number}") for number in (2, 0, 1)])
    bucket.blob("all").compose([bucket.blob("all"), bucket.blob("p0")])
    composed = bucket.get_blob("all")
    assert composed.download_as_bytes() == b"2" * 10 + b"0" * 10 + b"1" * 10 + b"0" * 10
    assert (composed.component_count, composed.md5_hash) == (4, None)


def test_a_bucket_is_created_once_and_deleted_only_when_empty(bucket: storage.Bucket) -> None:
    client = bucket.client
    with pytest.raises(Conflict):
        client.create_bucket(bucket.name)
    assert bucket.name in {found.name for found in client.list_buckets()}
    bucket.blob("x").upload_from_string("x")
    with pytest.raises(Conflict):
        bucket.delete()
    bucket.blob("x").delete()
    bucket.delete()
    assert not bucket.exists()
    with pytest.raises(NotFound):
        bucket.blob("x").upload_from_string("x")
    with pytest.raises(NotFound):
        list(client.list_blobs(bucket.name))


def test_versioning_is_refused_because_it_is_not_kept(bucket: storage.Bucket) -> None:
    bucket.versioning_enabled = True
    with pytest.raises(BadRequest, match="one generation"):
        bucket.patch()


def test_a_batch_deletes_all_and_tells_which_one_was_missing(bucket: storage.Bucket) -> None:
    for number in range(20):
        bucket.blob(f"Ü {number}").upload_from_string("x")
    with bucket.client.batch():
        for number in range(20):
            bucket.blob(f"Ü {number}").delete()
    assert list(bucket.list_blobs()) == []
    bucket.blob("there").upload_from_string("x")
    batch = bucket.client.batch()
    with pytest.raises(NotFound), batch:
        bucket.blob("missing").delete()
        bucket.blob("there").delete()
    assert list(bucket.list_blobs()) == []


def test_a_batch_reads_and_changes_metadata(bucket: storage.Bucket) -> None:
    blob = bucket.blob("x")
    blob.upload_from_string("x")
    with bucket.client.batch():
        blob.metadata = {"k": "v"}
        blob.patch()
    assert bucket.get_blob("x").metadata == {"k": "v"}
