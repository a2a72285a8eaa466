"""Bad input, wrong bytes and a full disk: a clear answer, nothing stored, the server unharmed."""

import http.client
import json
import os
from typing import Any

import pytest
import requests
from google.api_core.exceptions import GoogleAPICallError
from google.cloud import storage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

MB = 1 << 20


def ask(url: str, method: str, target: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """Send a request as it is written, without a client's good manners."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    try:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


BAD = [
    ("POST", "/storage/v1/b", b"{", {}),
    ("POST", "/storage/v1/b", b"[]", {}),
    ("POST", "/storage/v1/b", b'{"name": "UPPER"}', {}),
    ("POST", "/storage/v1/b", b'{"name": "a/b"}', {}),
    ("POST", "/storage/v1/b", b'{"name": ["x"]}', {}),
    ("GET", "/storage/v1/b/BUCKET/o?maxResults=many", b"", {}),
    ("GET", "/storage/v1/b/BUCKET/o?maxResults=-1", b"", {}),
    ("GET", "/storage/v1/b/BUCKET/o?pageToken=%FF", b"", {}),
    ("GET", "/storage/v1/b/BUCKET/o/x?generation=new", b"", {}),
    ("GET", "/storage/v1/b/BUCKET/o/x?ifGenerationMatch=99999999999999999999", b"", {}),
    ("GET", "/storage/v1/b/BUCKET/o/%FF%FE", b"", {}),
    ("PATCH", "/storage/v1/b/BUCKET/o/x", b'{"metadata": {"k": 1}}', {}),
    ("PATCH", "/storage/v1/b/BUCKET/o/x", b'{"metadata": "k"}', {}),
    ("PATCH", "/storage/v1/b/BUCKET/o/x", b'{"contentType": "a\\r\\nb: c"}', {}),
    ("PATCH", "/storage/v1/b/BUCKET/o/x", b'{"contentType": 7}', {}),
    ("POST", "/storage/v1/b/BUCKET/o/x/compose", b'{"sourceObjects": "x"}', {}),
    ("POST", "/storage/v1/b/BUCKET/o/x/compose", b'{"sourceObjects": []}', {}),
    ("POST", "/storage/v1/b/BUCKET/o/x/compose", b'{"sourceObjects": [{"name": 5}]}', {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=media", b"x", {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?name=x", b"x", {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=strange&name=x", b"x", {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=multipart", b"x", {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=multipart", b"x", {"Content-Type": "m; boundary=b"}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=resumable", b"not json", {}),
    ("POST", "/upload/storage/v1/b/BUCKET/o?uploadType=resumable", b'{"name": "\\ud800"}', {}),
    ("POST", "/batch/storage/v1", b"x", {}),
    ("POST", "/batch/storage/v1", b"x", {"Content-Type": "multipart/mixed; boundary=b"}),
    ("GET", "/storage/v1/b/BUCKET/o", b"", {"Content-Length": "ten"}),
    ("PUT", "/BUCKET/x?uploadId=u&partNumber=0", b"", {"x-goog-if-generation-match": "one"}),
]


@pytest.mark.parametrize(("method", "target", "body", "headers"), BAD)
def test_bad_input_is_answered_with_a_4xx_that_says_what_is_wrong(
    bucket: storage.Bucket, gcs: Any, method: str, target: str, body: bytes, headers: dict[str, str]
) -> None:
    bucket.blob("x").upload_from_string("x")
    status, answer = ask(gcs.url, method, target.replace("BUCKET", bucket.name), body, headers)
    assert 400 <= status < 500, answer
    if not answer.startswith(b"<?xml"):
        assert json.loads(answer)["error"]["message"]


def test_a_range_beyond_the_end_is_a_416_that_tells_the_size(
    bucket: storage.Bucket, gcs: Any, web: requests.Session
) -> None:
    bucket.blob("x").upload_from_string("12345")
    address = f"{gcs.url}/download/storage/v1/b/{bucket.name}/o/x?alt=media"
    beyond = web.get(address, headers={"Range": "bytes=5-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */5")
    assert web.get(address, headers={"Range": "bytes=-0"}).status_code == 416
    tail = web.get(address, headers={"Range": "bytes=-2"})
    assert (tail.status_code, tail.content, tail.headers["Content-Range"]) == (206, b"45", "bytes 3-4/5")
    assert web.get(address, headers={"Range": "bytes=-99"}).content == b"12345"
    assert web.get(address, headers={"Range": "pages=1-2"}).status_code == 200


@pytest.mark.parametrize("field", ["md5Hash", "crc32c"])
def test_bytes_that_do_not_match_their_checksum_are_refused(bucket: storage.Bucket, field: str) -> None:
    blob = bucket.blob("x")
    blob._properties[field] = "AAAAAA=="
    blob._changes.add(field)
    with pytest.raises(GoogleAPICallError, match="match calculated") as refused:
        blob.upload_from_string("bytes", checksum=None)
    assert refused.value.code == 400
    assert not bucket.blob("x").exists()


def test_a_wrong_checksum_in_a_header_is_refused(bucket: storage.Bucket, gcs: Any, web: requests.Session) -> None:
    address = f"{gcs.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=x"
    for headers in ({"x-goog-hash": "md5=AAAA"}, {"x-goog-hash": "crc32c=AAAA, md5=B"}, {"Content-MD5": "A"}):
        assert web.post(address, data=b"bytes", headers=headers).status_code == 400
    assert not bucket.blob("x").exists()


def test_a_full_disk_refuses_the_write_clearly_and_keeps_what_was_there(cramped: Any) -> None:
    bucket = cramped.fresh_bucket()
    bucket.blob("x").upload_from_string("old")
    files = cramped.data_files()
    for name, size in (("x", 6 * MB), ("x", 9 * MB), ("new", 6 * MB)):  # above 8 MB it is resumable
        with pytest.raises(GoogleAPICallError, match="is full") as refused:
            bucket.blob(name, chunk_size=MB).upload_from_string(os.urandom(size), retry=None)
        assert refused.value.code == 507
    assert bucket.blob("x").download_as_bytes() == b"old"
    assert [blob.name for blob in bucket.list_blobs()] == ["x"]
    leftovers = cramped.data_files() - files
    assert len(leftovers) == 1  # the resumable session, which may go on when there is room again
    bucket.blob("x").upload_from_string("small writes still fit")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    path=st.sampled_from(
        ["/", "/storage/v1/b", "/storage/v1/b/NAME", "/storage/v1/b/NAME/o", "/storage/v1/b/NAME/o/x%00y",
         "/storage/v1/b/NAME/o/x/compose", "/storage/v1/b/NAME/o/x/rewriteTo/b/NAME/o/y", "/batch",
         "/storage/v1/b/NAME/o/x/moveTo/o/y", "/upload/storage/v1/b/NAME/o", "/NAME", "/NAME/x",
         "/NAME/%FF", "/storage/v1/b/NAME/iam/testPermissions"]
    ),
    query=st.dictionaries(
        st.sampled_from(
            ["name", "uploadType", "upload_id", "alt", "prefix", "delimiter", "maxResults", "uploads",
             "pageToken", "ifGenerationMatch", "generation", "uploadId", "partNumber", "startOffset"]
        ),
        st.sampled_from(["", "x", "0", "-1", "media", "multipart", "resumable", "%00", "%FF", "%F4%8F%BF%BF"]),
        max_size=4,
    ),
    body=st.sampled_from([b"", b"{}", b'{"name": null}', b'{"metadata": {"\\ud800": "x"}}', b"\xff\x00"])
    | st.binary(max_size=40),
    headers=st.dictionaries(
        st.sampled_from(
            ["Range", "Content-Range", "Content-Type", "x-goog-hash", "If-Match", "x-goog-copy-source"]
        ),
        st.sampled_from(["", "bytes=0-", "bytes 0-1/2", "bytes */0", "multipart/x; boundary=x", "*", "=,=,"]),
        max_size=3,
    ),
)  # fmt: skip
def test_no_request_makes_the_server_fail(
    gcs: Any, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]
) -> None:
    target = path.replace("NAME", "fuzzed") + "?" + "&".join(f"{key}={value}" for key, value in query.items())
    ask(gcs.url, "POST", "/storage/v1/b", b'{"name": "fuzzed"}', {})
    status, answer = ask(gcs.url, method, target, body, headers)
    assert status < 500 or b"go on from there" in answer
