"""Who may send: signatures, their time, and keys that come and go."""

import time
from datetime import timedelta

import pytest

from nooks_dagster.calls.ingest.keys import Issued
from nooks_dagster.failures import Permanent
from nooks_dagster.local import deadline
from tests.calls.ingest.things import Dialer, Reply, Server, ask, signed, told

PATH, BODY = "/v1/calls", b'{"call_id": "x"}'


def post(server: Server, headers: dict[str, str], body: bytes = BODY) -> Reply:
    return ask(server.port, "POST", PATH, body, {"Content-Type": "application/json", **headers})


@pytest.mark.parametrize("missing", ["X-Nooks-Key", "X-Nooks-Timestamp", "X-Nooks-Signature"])
def test_a_request_without_one_of_the_headers_is_not_signed(server: Server, missing: str) -> None:
    headers = signed(server.acme.key, BODY)
    del headers[missing]
    reply = post(server, headers)
    assert (reply.status, reply.error["code"]) == (401, "missing_signature")
    assert "www-authenticate" in reply.headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Nooks-Timestamp", "now"),
        ("X-Nooks-Timestamp", "-1"),
        ("X-Nooks-Timestamp", "1" * 13),
        ("X-Nooks-Signature", "v2=" + "0" * 64),
        ("X-Nooks-Signature", "0" * 64),
        ("X-Nooks-Signature", "v1=" + "0" * 63),
        ("X-Nooks-Signature", "v1=" + "\u00e9" * 64),
    ],
)
def test_a_malformed_header_is_no_signature(server: Server, name: str, value: str) -> None:
    reply = post(server, {**signed(server.acme.key, BODY), name: value})
    assert (reply.status, reply.error["code"]) == (401, "missing_signature")


def test_an_unknown_key_a_wrong_secret_and_an_altered_body_are_told_apart_by_nobody(server: Server) -> None:
    key = server.acme.key
    replies = [
        post(server, signed(Issued("nk_unknown", "acme", key.secret), BODY)),
        post(server, signed(Issued(key.key, "acme", "nks_wrong"), BODY)),
        post(server, signed(Issued(key.key, "acme", server.globex.key.secret), BODY)),
        post(server, signed(key, BODY), BODY + b" "),
        post(server, {**signed(key, BODY), "X-Nooks-Timestamp": str(int(time.time()) + 1)}),
    ]
    assert {(reply.status, reply.body) for reply in replies} == {(401, replies[0].body)}
    assert replies[0].error["code"] == "wrong_signature"


@pytest.mark.parametrize("away", [-400, 400, 10**10])
def test_a_right_signature_of_another_time_is_stale(server: Server, away: int) -> None:
    reply = post(server, signed(server.acme.key, BODY, time.time() + away))
    assert (reply.status, reply.error["code"]) == (401, "stale_timestamp")


@pytest.mark.parametrize("away", [-200, 200])
def test_a_clock_may_be_some_minutes_off(server: Server, away: int) -> None:
    assert post(server, signed(server.acme.key, BODY, time.time() + away)).status == 422


def test_a_rotated_key_counts_beside_the_new_one_until_it_ends(server: Server) -> None:
    old = server.keys.add("acme")
    new = server.keys.rotate("acme", timedelta(hours=1))
    server.keys.rotate("globex", timedelta(hours=1))
    for key in (old, new, server.acme.key):
        _until(server, key, 202)
    server.keys.retire("acme", old.key)
    _until(server, old, 401)
    _until(server, new, 202)
    shown = {one.id: one for one in server.keys.keys("acme")}
    assert shown[old.key].retired
    assert shown[new.key].retires_at is None
    assert not (server.home / "secrets" / f"calls-{old.key}.json").exists()
    assert (server.home / "secrets" / f"calls-{new.key}.json").exists()


def test_a_key_is_of_a_workspace_that_is_there(server: Server) -> None:
    with pytest.raises(Permanent, match="no such workspace"):
        server.keys.add("nobody")
    assert server.keys.add("without-a-crm", new=True).workspace == "without-a-crm"
    with pytest.raises(Permanent, match="has no key"):
        server.keys.retire("globex", server.acme.key.key)
    secrets = (server.home / "secrets").glob("calls-*")
    names = ("acme", "globex", "initech", "without-a-crm")
    known = {one.id for name in names for one in server.keys.keys(name) if not one.retired}
    assert {path.stem.removeprefix("calls-") for path in secrets} == known


def _until(server: Server, key: Issued, status: int) -> None:
    """Wait until every process of the server answers so: each looks for changes every two seconds."""
    dialer, alike = Dialer(server.port, key), 0
    for _ in deadline.polls(60):
        alike = alike + 1 if dialer.send(told(f"by-{key.key}")).status == status else 0
        if alike == 8:
            return
    pytest.fail(f"a key is not answered with {status}")
