"""Listing, against a model and through the client."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.api_core.exceptions import BadRequest
from google.cloud import storage
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.gcs.lake import Lake, open_lake
from sandbox.gcs.listing import Selection, list_page
from sandbox.gcs.objects import Incoming

NAMES = st.text(st.sampled_from("ab/\U0010ffffé"), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def lake() -> Iterator[Lake]:
    with tempfile.TemporaryDirectory() as folder:
        opened = open_lake(Path(folder))
        yield opened
        opened.close()


def expected(names: set[str], selection: Selection) -> list[str]:
    """The entries as the documentation defines them, without pages or an index."""
    entries = set()
    for name in names:
        if not name.startswith(selection.prefix) or name < selection.start:
            continue
        if selection.end and name >= selection.end:
            continue
        head, mark, _ = name[len(selection.prefix) :].partition(selection.delimiter or "\0")
        entries.add(selection.prefix + head + mark)
    return sorted(entries)


@settings(max_examples=150)
@given(
    names=st.sets(NAMES, max_size=12),
    prefix=st.text(st.sampled_from("ab/"), max_size=2),
    delimiter=st.sampled_from(["", "/", "b/"]),
    start=st.just("") | NAMES,
    end=st.just("") | NAMES,
    limit=st.integers(1, 5),
)
def test_pages_of_any_size_add_up_to_the_selection(
    lake: Lake, names: set[str], prefix: str, delimiter: str, start: str, end: str, limit: int
) -> None:
    with lake.metadata.writing() as rows:
        rows.execute("DELETE FROM objects")
        rows.execute("INSERT OR IGNORE INTO buckets VALUES ('names', 1, '{}', '', '')")
        for name in names:
            rows.execute("INSERT INTO objects VALUES ('names', ?, 1, 1, '', 0, '', '', NULL, '{}', '', '')", (name,))
    selection = Selection("names", prefix, delimiter, start, end)
    seen: list[str] = []
    token = None
    while True:
        page = list_page(lake.metadata, selection, limit, token)
        entries = sorted([item.name for item in page.items] + page.prefixes)
        assert len(entries) <= limit
        seen += entries
        token = page.next
        if token is None:
            break
        assert len(entries) == limit
    assert seen == expected(names, selection)


def test_the_client_walks_pages_prefixes_and_offsets(bucket: storage.Bucket) -> None:
    with_folders = [f"f/{number:03}" for number in range(25)] + [f"g/{number}/x" for number in range(5)]
    for name in [*with_folders, "top"]:
        bucket.blob(name).upload_from_string("")
    assert [blob.name for blob in bucket.list_blobs(prefix="f/", page_size=10)] == with_folders[:25]
    assert sum(1 for _ in bucket.list_blobs(prefix="f/", page_size=10).pages) == 3
    top = bucket.list_blobs(delimiter="/")
    assert [blob.name for blob in top] == ["top"]
    assert top.prefixes == {"f/", "g/"}
    some = bucket.list_blobs(start_offset="f/010", end_offset="f/020")
    assert [blob.name for blob in some] == with_folders[10:20]
    assert len(list(bucket.list_blobs(versions=True))) == 31


def test_what_a_listing_cannot_honour_is_refused(bucket: storage.Bucket) -> None:
    with pytest.raises(BadRequest, match="matchGlob"):
        list(bucket.list_blobs(match_glob="*.parquet"))
    with pytest.raises(BadRequest, match="pageToken"):
        list(bucket.list_blobs(page_token="no token"))


def test_an_object_put_in_a_listed_name_range_is_whole(lake: Lake) -> None:
    lake.buckets.create("whole", {})
    with lake.blobs.writer() as writer:
        writer.write(b"12345")
        lake.objects.put(Incoming("whole", "x", {}), writer.finish())
    page = list_page(lake.metadata, Selection("whole"), 10)
    assert [(item.name, item.size) for item in page.items] == [("x", 5)]
