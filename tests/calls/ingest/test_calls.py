"""Calls over HTTP: what is accepted, and each refusal in its one shape."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.calls.ingest.things import Server, ask, told
from tests.sql import rows

DEEP = b"[" * 8_000 + b"]" * 8_000


def test_a_signed_call_is_durable_when_it_is_answered(server: Server) -> None:
    reply = server.acme.send(told("durable"))
    assert reply.status == 202
    assert reply.json == {"id": reply.json["id"], "call_id": "durable", "state": "accepted"}
    kept = rows(server.db, "select id, workspace from calls.calls where call_id = 'durable'")
    assert kept == [(reply.json["id"], "acme")]


def test_the_same_call_sent_by_many_at_once_is_one_call(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: server.acme.send(told("at-once")), range(24)))
    assert {(reply.status, reply.body) for reply in replies} == {(202, replies[0].body)}
    assert rows(server.db, "select count(*) from calls.calls where call_id = 'at-once'") == [(1,)]


def test_another_body_under_a_known_id_is_a_conflict_and_changes_nothing(server: Server) -> None:
    assert server.acme.send(told("taken")).status == 202
    reply = server.acme.send(told("taken", title="Another"))
    assert (reply.status, reply.error["code"], reply.error["fields"]) == (409, "call_id_taken", ["call_id"])
    (kept,) = rows(server.db, "select submission from calls.calls where call_id = 'taken'")
    assert "title" not in kept[0]
    assert server.globex.send(told("taken", title="Another")).status == 202


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"direction": "sideways"}, ["direction"]),
        ({"recording_consent": 1}, ["recording_consent"]),
        ({"started_at": "1700000000"}, ["started_at"]),
        ({"started_at": "2026-11-29T10:00:00"}, ["started_at"]),
        ({"ended_at": "2150-12-29T10:00:00Z"}, ["ended_at"]),
        ({"rep": {}}, ["rep"]),
        ({"rep": {"name": " ", "email": None}}, ["rep"]),
        ({"title": "a\0b"}, ["title"]),
        ({"call_id": "with space"}, ["call_id"]),
        ({"rep": {"email": "x"}, "prospect": {"age": 7}}, ["rep.email", "prospect.age"]),
        ({"rep": {"jane@acme.example": 1}}, ["rep.?"]),
        ({"recording": {"uri": "gs://b/x", "channels": {"rep": 9}}}, ["recording.channels.rep"]),
        ({"recording": {"uri": "gs://b/x", "channels": {"rep": 1e400}}}, None),
    ],
)
def test_fields_that_do_not_fit_are_named_without_their_values(
    server: Server, change: dict[str, Any], fields: list[str] | None
) -> None:
    body = json.dumps(told("misfit", **change)).encode()
    reply = server.acme.send(body)
    if fields is None:
        assert (reply.status, reply.error["code"]) == (400, "malformed_json")
        return
    assert (reply.status, reply.error["code"]) == (422, "invalid_fields")
    assert reply.error["fields"] == fields
    assert not {"sideways", "1700000000", "jane@acme.example", "with space"} & set(reply.body.decode().split('"'))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"NaN",
        b'{"a": -Infinity}',
        b'{"a": 1, "a": 2}',
        b'{"call_id": {"b": 1, "b": 1}}',
        b'{"title": "\\ud800"}',
        b'{"n": ' + b"9" * 5_000 + b"}",
        DEEP,
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_no_strict_json_is_refused(server: Server, body: bytes) -> None:
    reply = server.acme.send(body)
    assert (reply.status, reply.error["code"]) == (400, "malformed_json")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"a": ' * 900 + b"1" + b"}" * 900, "it is nested too deeply"),
        (b'{"title": "\\ud800"}', "a text in it is no Unicode"),
        (b'{"title": "\0"}', "invalid control character at character 12"),
    ],
    ids=["deep", "surrogate", "NUL"],
)
def test_what_is_no_strict_json_is_told_why(server: Server, body: bytes, why: str) -> None:
    assert why in server.acme.send(body).error["message"]


@pytest.mark.parametrize("body", [b"7", b"null", b"[]", b'"x"'])
def test_json_that_is_no_object_is_told_as_such(server: Server, body: bytes) -> None:
    for path in ("/v1/calls", "/v1/recordings"):
        reply = server.acme.send(body, path)
        assert (reply.status, reply.error["code"], reply.error["fields"]) == (422, "invalid_fields", [])
        assert reply.error["message"] == "The body must be one JSON object."


def test_an_empty_object_lacks_every_field(server: Server) -> None:
    reply = server.acme.send({})
    assert (reply.status, len(reply.error["fields"])) == (422, 8)


def test_a_call_with_somebody_unknown_is_kept(server: Server) -> None:
    assert server.acme.send(told("withheld", direction="inbound", prospect={})).status == 202


@pytest.mark.parametrize(
    "name",
    [
        "gs://{bucket}/recordings/workspace=globex/day=2026-11-29/x.wav",
        "gs://{bucket}/recordings/workspace=acme",
        "gs://{bucket}/recordings/workspace=acme/",
        "gs://{bucket}/recordings/workspace=acme/../workspace=globex/x.wav",
        "gs://{bucket}/recordings/workspace=acme/%2e%2e/workspace=globex/x.wav",
        "gs://{bucket}/recordings/workspace=acme/.../x.wav",
        "gs://{bucket}/recordings/workspace=acme//x.wav",
        "gs://{bucket}/recordings/workspace=acme2/x.wav",
        "gs://{bucket}/calls/x.wav",
        "gs://other/recordings/workspace=acme/x.wav",
        "gs://{bucket}.evil/recordings/workspace=acme/x.wav",
        "GS://{bucket}/recordings/workspace=acme/x.wav",
        "https://storage.googleapis.com/{bucket}/recordings/workspace=acme/x.wav",
        "gs://{bucket}/recordings/workspace=acme/x.wav\n",
        "gs://{bucket}/recordings/workspace=acme/x.wav?generation=1",
        "gs://{bucket}/recordings/workspace=acme/\uff0e\uff0e/x.wav",
    ],
)
def test_a_recording_is_named_below_the_own_prefix_only(server: Server, name: str) -> None:
    recording = {"uri": name.format(bucket=server.bucket)}
    reply = server.acme.send(told("elsewhere", recording=recording))
    assert (reply.status, reply.error["fields"]) == (422, ["recording.uri"])


def test_a_recording_below_the_own_prefix_is_taken(server: Server) -> None:
    uri = f"gs://{server.bucket}/recordings/workspace=acme/day=2026-11-29/a_b-c.d.wav"
    assert server.acme.send(told("named", recording={"uri": uri, "channels": {"rep": 1}})).status == 202


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": ""}, 415),
        ({"Content_Encoding": "gzip"}, 415),
        ({"Content_Type": "application/json; charset=latin1"}, 415),
        ({"Content_Type": 'application/json;Charset="UTF-16"'}, 415),
        ({"Content_Type": "application/json; charset=utf-8"}, 202),
        ({"Content_Type": 'application/json;Charset="UTF-8"'}, 202),
        ({"Content_Type": "Application/JSON"}, 202),
    ],
)
def test_only_plain_json_is_read(server: Server, headers: dict[str, str], status: int) -> None:
    reply = server.acme.send(told("typed"), **headers)
    assert reply.status == status
    assert status == 202 or reply.error["code"] == "unsupported_media_type"


def test_other_paths_and_methods_are_refused_in_the_same_shape(server: Server) -> None:
    lost = ask(server.port, "GET", "/v1/call")
    assert (lost.status, lost.error["code"]) == (404, "not_found")
    assert ask(server.port, "POST", "/v1/calls/", b"{}").status == 404
    wrong = ask(server.port, "GET", "/v1/calls")
    assert (wrong.status, wrong.error["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_offer_to_speak_another_protocol_is_passed_over(server: Server, protocol: str) -> None:
    """Java's own client makes one with the first request on a connection."""
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": protocol, "HTTP2_Settings": "AAEAAEAAAAIAAAAB"}
    assert server.acme.send(told(f"by-{protocol}"), **offer).status == 202


def test_nothing_of_a_call_is_in_the_log(server: Server) -> None:
    canaries = {"call_id": "canary-id", "title": "canary-title", "rep": {"email": "canary@acme.example"}}
    server.acme.send(told("-", **canaries))
    server.acme.send(told("-", **canaries, direction="canary-direction"))
    server.acme.send(b'{"canary": ')
    ask(server.port, "GET", "/canary-path?canary=1")
    assert "canary" not in server.log.read_text()
