"""Resumable uploads, as the protocol words them and over the death of the server."""

import base64
import hashlib
import os
from typing import Any
from uuid import uuid4

import pytest
import requests
from google.cloud import storage

MB = 1 << 20


def start(web: requests.Session, url: str, bucket: str, **query: object) -> str:
    response = web.post(
        f"{url}/upload/storage/v1/b/{bucket}/o",
        params={"uploadType": "resumable", "name": "x", **query},
        json={"contentType": "text/x-test", "metadata": {"k": "v"}},
    )
    assert response.status_code == 200, response.text
    return response.headers["Location"]


def send(web: requests.Session, location: str, data: bytes, first: int, total: int | None) -> requests.Response:
    span = f"{first}-{first + len(data) - 1}" if data else "*"
    size = "*" if total is None else total
    return web.put(location, data=data, headers={"Content-Range": f"bytes {span}/{size}"})


def status(web: requests.Session, location: str, total: int | None = None) -> requests.Response:
    return send(web, location, b"", 0, total)


def test_an_upload_goes_on_after_the_server_was_killed(mortal: Any, web: requests.Session) -> None:
    bucket, data = mortal.fresh_bucket(), os.urandom(3 * MB + 5)
    location = start(web, mortal.url, bucket.name)
    assert status(web, location).headers.get("Range") is None
    assert send(web, location, data[: 2 * MB], 0, len(data)).status_code == 308
    mortal.restart()
    asked = status(web, location, len(data))
    assert (asked.status_code, asked.headers["Range"]) == (308, f"bytes=0-{2 * MB - 1}")
    done = send(web, location, data[2 * MB :], 2 * MB, len(data))
    assert done.status_code == 200
    assert done.json()["md5Hash"] == base64.b64encode(hashlib.md5(data).digest()).decode()
    mortal.restart()
    blob = bucket.get_blob("x")
    assert (blob.download_as_bytes(), blob.content_type, blob.metadata) == (data, "text/x-test", {"k": "v"})


def test_who_missed_the_last_answer_may_ask_again_even_after_a_restart(mortal: Any, web: requests.Session) -> None:
    bucket = mortal.fresh_bucket()
    location = start(web, mortal.url, bucket.name, ifGenerationMatch=0)
    first = send(web, location, b"all", 0, 3).json()
    mortal.restart()
    again = status(web, location, 3)
    assert (again.status_code, again.json()["generation"]) == (200, first["generation"])


def test_bytes_lost_with_their_connection_are_asked_for_again(mortal: Any, web: requests.Session) -> None:
    bucket, data = mortal.fresh_bucket(), os.urandom(2 * MB)
    location = start(web, mortal.url, bucket.name)

    def torn() -> Any:
        yield data[:MB]
        raise ConnectionAbortedError

    with pytest.raises((ConnectionAbortedError, requests.ConnectionError)):
        web.put(location, data=torn(), headers={"Content-Range": f"bytes 0-{2 * MB - 1}/{2 * MB}"})
    held = status(web, location, 2 * MB).headers.get("Range", "bytes=0--1")
    arrived = int(held.rpartition("=0-")[2]) + 1
    assert arrived <= MB
    assert send(web, location, data[arrived:], arrived, len(data)).status_code == 200
    assert bucket.blob("x").download_as_bytes() == data


def test_bytes_sent_twice_are_kept_once(bucket: storage.Bucket, gcs: Any, web: requests.Session) -> None:
    data = os.urandom(2 * MB)
    location = start(web, gcs.url, bucket.name)
    send(web, location, data[:MB], 0, None)
    assert send(web, location, data[: MB + MB // 2], 0, None).headers["Range"] == f"bytes=0-{MB + MB // 2 - 1}"
    assert send(web, location, data[MB:], MB, len(data)).status_code == 200
    assert bucket.blob("x").download_as_bytes() == data


def test_a_gap_is_refused_and_tells_where_to_go_on(bucket: storage.Bucket, gcs: Any, web: requests.Session) -> None:
    location = start(web, gcs.url, bucket.name)
    refused = send(web, location, b"x" * MB, MB, 3 * MB)
    assert refused.status_code == 503
    assert "Only 0 bytes" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "content_range",
    ["bytes 0-9/5", "bytes 0-5/*", "bytes 9-0/20", "lines 0-9/10", "bytes */-1", "bytes 0-9/11", "nonsense"],
)
def test_a_chunk_that_contradicts_itself_is_refused(
    bucket: storage.Bucket, gcs: Any, web: requests.Session, content_range: str
) -> None:
    location = start(web, gcs.url, bucket.name)
    response = web.put(location, data=b"0123456789", headers={"Content-Range": content_range})
    assert response.status_code == 400
    assert not bucket.blob("x").exists()


def test_an_empty_last_request_ends_an_upload_of_unknown_size(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    location = start(web, gcs.url, bucket.name)
    send(web, location, b"x" * MB, 0, None)
    assert status(web, location, MB).status_code == 200
    assert bucket.get_blob("x").size == MB


def test_one_request_without_a_range_is_the_whole_object(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    for body in (b"plain", iter([b"chu", b"nked"])):
        assert web.put(start(web, gcs.url, bucket.name), data=body).status_code == 200
    assert bucket.blob("x").download_as_bytes() == b"chunked"


def test_an_empty_request_does_not_pass_for_the_rest_of_an_upload(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    location = start(web, gcs.url, bucket.name)
    send(web, location, b"x" * MB, 0, 2 * MB)
    assert web.put(location, data=b"").status_code == 400
    assert not bucket.blob("x").exists()


def test_a_cancelled_upload_is_gone_with_its_bytes(bucket: storage.Bucket, gcs: Any, web: requests.Session) -> None:
    files = gcs.data_files()
    location = start(web, gcs.url, bucket.name)
    send(web, location, b"x" * MB, 0, None)
    assert len(gcs.data_files()) == len(files) + 1
    assert web.delete(location).status_code == 499
    assert gcs.data_files() == files
    assert status(web, location).status_code == 404


def test_a_wrong_checksum_ends_the_upload_and_stores_nothing(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    files = gcs.data_files()
    location = start(web, gcs.url, bucket.name)
    wrong = {"Content-Range": "bytes 0-2/3", "x-goog-hash": "crc32c=AAAAAA=="}
    response = web.put(location, data=b"all", headers=wrong)
    assert response.status_code == 400
    assert "CRC32C" in response.json()["error"]["message"]
    assert status(web, location).status_code == 404
    assert not bucket.blob("x").exists()
    assert gcs.data_files() == files


def test_a_precondition_that_was_lost_meanwhile_ends_the_upload(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    location = start(web, gcs.url, bucket.name, ifGenerationMatch=0)
    bucket.blob("x").upload_from_string("faster")
    assert send(web, location, b"slow", 0, 4).status_code == 412
    assert bucket.blob("x").download_as_bytes() == b"faster"


def test_an_unknown_session_is_a_404(bucket: storage.Bucket, gcs: Any, web: requests.Session) -> None:
    address = f"{gcs.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&upload_id={uuid4().hex}"
    assert status(web, address).status_code == 404
