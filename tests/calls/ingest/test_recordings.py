"""Recordings: the bytes go straight to the lake, by a session of one new object."""

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud import storage

from tests.calls.ingest.things import Reply, Server, told

PATH = "/v1/recordings"


def wish(**more: Any) -> dict[str, Any]:
    return {"call_id": "one", "content_type": "audio/wav", "bytes": 6, **more}


def put(address: str, data: bytes) -> int:
    request = urllib.request.Request(address, data, {"Content-Type": "audio/wav"}, method="PUT")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code


def test_a_recording_is_uploaded_and_then_named_by_its_call(server: Server) -> None:
    reply = server.acme.send(wish(), PATH)
    assert reply.status == 201
    assert sorted(reply.json) == ["expires_at", "upload_url", "uri"]
    prefix = f"gs://{server.bucket}/recordings/workspace=acme/day={datetime.now(UTC):%Y-%m-%d}/"
    assert reply.json["uri"].startswith(prefix)
    assert reply.json["uri"].endswith(".wav")
    assert put(reply.json["upload_url"], b"sounds") == 200
    name = reply.json["uri"].removeprefix(f"gs://{server.bucket}/")
    blob = storage.Client(project="nooks").bucket(server.bucket).get_blob(name)
    assert (blob.download_as_bytes(), blob.content_type) == (b"sounds", "audio/wav")
    assert server.acme.send(told("recorded", recording={"uri": reply.json["uri"]})).status == 202
    assert server.globex.send(told("recorded", recording={"uri": reply.json["uri"]})).status == 422
    left = datetime.fromisoformat(reply.json["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=6) < left <= timedelta(days=7)


def test_a_session_is_of_one_new_object_and_takes_other_bytes_for_it_no_more(server: Server) -> None:
    reply = server.acme.send(wish(), PATH)
    assert put(reply.json["upload_url"], b"sounds") == 200
    put(reply.json["upload_url"], b"others")
    name = reply.json["uri"].removeprefix(f"gs://{server.bucket}/")
    assert storage.Client(project="nooks").bucket(server.bucket).get_blob(name).download_as_bytes() == b"sounds"


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("audio/x-wav", "wav"), ("audio/flac", "flac"), ("audio/ogg", "ogg"), ("audio/mpeg", "mp3")],
)
def test_each_kind_of_audio_has_its_suffix(server: Server, kind: str, suffix: str) -> None:
    assert server.acme.send(wish(content_type=kind), PATH).json["uri"].endswith(f".{suffix}")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bytes": 1024 * 1024 + 1}, "bytes"),
        ({"bytes": 0}, "bytes"),
        ({"bytes": "6"}, "bytes"),
        ({"bytes": 6.5}, "bytes"),
        ({"bytes": True}, "bytes"),
        ({"content_type": "video/mp4"}, "content_type"),
        ({"call_id": ""}, "call_id"),
        ({"name": "x"}, "name"),
    ],
)
def test_what_cannot_be_uploaded_is_refused(server: Server, change: dict[str, Any], field: str) -> None:
    reply: Reply = server.acme.send(wish(**change), PATH)
    assert (reply.status, reply.error["fields"]) == (422, [field])


def test_an_upload_is_signed_as_a_call_is(server: Server) -> None:
    assert server.acme.send(wish(), PATH, X_Nooks_Key="nk_unknown").status == 401
