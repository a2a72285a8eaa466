"""The other clients that meet the lake: Dagster's, gcsfs, pyarrow, and whoever speaks XML."""

import datetime as dt
from typing import Any
from xml.etree import ElementTree as ET

import dagster as dg
import gcsfs
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
import requests
from dagster_gcp import GCSPickleIOManager, GCSResource
from google.cloud import storage

MB = 1 << 20


@pytest.fixture
def files(gcs: Any) -> gcsfs.GCSFileSystem:
    return gcsfs.GCSFileSystem(
        project="p", token="anon", endpoint_url=gcs.url, skip_instance_cache=True, use_listings_cache=False
    )


def test_dagster_keeps_and_loads_values(bucket: storage.Bucket, gcs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs.url)

    @dg.asset
    def first() -> dict[str, int]:
        return {"k": 1}

    @dg.asset
    def second(first: dict[str, int]) -> int:
        return first["k"] + 1

    manager = GCSPickleIOManager(gcs=GCSResource(project="p"), gcs_bucket=bucket.name, gcs_prefix="dagster")
    result = dg.materialize([first, second], resources={"io_manager": manager})
    assert result.output_for_node("second") == 2
    assert [blob.name for blob in bucket.list_blobs()] == ["dagster/first", "dagster/second"]


def test_gcsfs_writes_reads_moves_lists_and_removes(files: gcsfs.GCSFileSystem, bucket: storage.Bucket) -> None:
    root, data = bucket.name, bytes(range(256)) * 40_000
    files.pipe(f"{root}/small", b"small\r")
    with files.open(f"{root}/deep/large", "wb", block_size=MB) as sink:
        sink.write(data)
    assert files.cat(f"{root}/small") == b"small\r"
    assert files.cat(f"{root}/deep/large", start=5, end=9) == data[5:9]
    files.cp(f"{root}/deep/large", f"{root}/deep/copy")
    files.mv(f"{root}/deep/copy", f"{root}/deep/moved")
    assert files.find(root) == [f"{root}/deep/large", f"{root}/deep/moved", f"{root}/small"]
    assert files.ls(root, detail=False) == [f"{root}/deep", f"{root}/small"]
    assert files.cat(f"{root}/deep/moved") == data
    files.rm(f"{root}/deep", recursive=True)
    assert files.find(root) == [f"{root}/small"]
    with pytest.raises(FileExistsError):
        files.pipe(f"{root}/small", b"again", mode="create")


def test_pyarrow_writes_and_reads_parquet(bucket: storage.Bucket, gcs: Any) -> None:
    host = gcs.url.removeprefix("http://")
    filesystem = pyarrow.fs.GcsFileSystem(
        anonymous=True, scheme="http", endpoint_override=host, retry_time_limit=dt.timedelta(seconds=5)
    )
    table = pa.table({"i": list(range(100_000))})
    pq.write_table(table, f"{bucket.name}/part=1/t.parquet", filesystem=filesystem)
    assert pq.read_table(f"{bucket.name}/part=1", filesystem=filesystem).num_rows == 100_000
    listed = filesystem.get_file_info(pyarrow.fs.FileSelector(bucket.name, recursive=True))
    assert f"{bucket.name}/part=1/t.parquet" in {entry.path for entry in listed}
    filesystem.delete_file(f"{bucket.name}/part=1/t.parquet")
    assert not bucket.blob("part=1/t.parquet").exists()


def test_the_xml_paths_put_once_get_list_copy_and_delete(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    root = f"{gcs.url}/{bucket.name}"
    once = {"x-goog-if-generation-match": "0"}
    put = web.put(f"{root}/a%20b/c", data=b"bytes", headers=once)
    assert (put.status_code, put.headers["x-goog-generation"]) == (
        200,
        str(bucket.get_blob("a b/c").generation),
    )
    refused = web.put(f"{root}/a%20b/c", data=b"other", headers=once)
    assert (refused.status_code, ET.fromstring(refused.content).findtext("Code")) == (412, "conditionNotMet")
    got = web.get(f"{root}/a b/c?X-Goog-Signature=unread")
    assert (got.content, got.headers["ETag"]) == (b"bytes", put.headers["ETag"])
    assert got.headers["Last-Modified"].endswith("GMT")
    assert web.head(f"{root}/a b/c").headers["Content-Length"] == "5"
    assert web.get(f"{root}/a b/c", headers={"If-None-Match": put.headers["ETag"]}).status_code == 304
    assert web.get(f"{root}/a b/c", headers={"If-Match": '"else"'}).status_code == 412
    web.put(f"{root}/d&e", headers={"x-goog-copy-source": f"/{bucket.name}/a%20b/c"})
    page = ET.fromstring(web.get(root, params={"list-type": "2", "delimiter": "/"}).content)
    assert page.findtext("Contents/Key") == "d&e"
    assert page.findtext("CommonPrefixes/Prefix") == "a b/"
    assert web.delete(f"{root}/d&e").status_code == 204
    assert web.get(f"{root}/d&e").status_code == 404


def test_an_xml_multipart_upload_joins_its_parts_after_a_restart(mortal: Any, web: requests.Session) -> None:
    bucket = mortal.fresh_bucket()
    address = f"{mortal.url}/{bucket.name}/x"
    identity = ET.fromstring(web.post(f"{address}?uploads").content).findtext("UploadId")
    for number, data in ((2, b"two"), (1, b"lost"), (1, b"one")):
        sent = web.put(address, params={"uploadId": identity, "partNumber": number}, data=data)
        assert sent.headers["ETag"]
    mortal.restart()
    assert not bucket.blob("x").exists()
    done = web.post(address, params={"uploadId": identity}, data=b"<CompleteMultipartUpload/>")
    assert ET.fromstring(done.content).findtext("Key") == "x"
    assert bucket.blob("x").download_as_bytes() == b"onetwo"
    assert len(mortal.data_files()) == 1
    assert web.post(address, params={"uploadId": identity}).status_code == 404


def test_an_aborted_xml_multipart_upload_leaves_nothing(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    files = gcs.data_files()
    address = f"{gcs.url}/{bucket.name}/x"
    identity = ET.fromstring(web.post(f"{address}?uploads").content).findtext("UploadId")
    web.put(address, params={"uploadId": identity, "partNumber": 1}, data=b"one")
    assert web.delete(address, params={"uploadId": identity}).status_code == 204
    assert gcs.data_files() == files
