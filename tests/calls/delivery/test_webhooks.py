"""Webhooks: signed, bounded, to the public internet only."""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nooks_dagster.calls.delivery.contents import contents
from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.calls.delivery.loop import DeliveryLoop
from nooks_dagster.calls.delivery.sending import of_lane
from nooks_dagster.calls.delivery.webhook_registry import Addresses
from nooks_dagster.calls.delivery.webhooks import Target, Webhook
from nooks_dagster.crm.activities import Activity, CallResult, Refused, Written
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.research.web.posting import public_https
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.secrets import FileSecrets
from tests.calls.delivery.loops import running, until
from tests.calls.delivery.receiver import HOST, Receiver, receiving
from tests.calls.delivery.things import Book
from tests.crm.scripted import Answer
from tests.docs.pages import blocks

URL = f"https://{HOST}/calls"
SECRET = "nws_test"
CUT_OFF = Answer(raw=b"{", headers={"Content-Length": "100", "Connection": "close"})
FOUND = """
    update calls.records set connection_id = 'acme-salesforce', contact_object = 'contacts', contact_id = '003A',
        account_id = '001A', owner_id = '005A' where call = %s
"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Receiver, Path]]:
    folder = Path(tmp_path_factory.mktemp("receiver"))
    with receiving(folder) as receiver:
        yield receiver, folder / "authority.pem"


@pytest.fixture
def receiver(serving: tuple[Receiver, Path], monkeypatch: pytest.MonkeyPatch) -> Receiver:
    receiver, authority = serving
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    receiver.__init__(receiver.port)  # type: ignore[misc]  # as new
    return receiver


def webhook(receiver: Receiver, url: str = URL) -> Webhook:
    return Webhook(Target("wh_1", url, SECRET), receiver.network(), lambda: False)


def call(key: str) -> Activity:
    began = datetime(2026, 11, 29, 12, tzinfo=UTC)
    return Activity(key, False, CallResult.BUSY, began, timedelta(seconds=3), "Outbound call: busy", "Busy.")


def test_a_message_says_who_sent_it_and_which_call_it_is(receiver: Receiver) -> None:
    answers = webhook(receiver).push([call(f"nooks-{number}") for number in range(20)])

    assert answers == [Written("", "")] * 20
    assert sorted(one.headers["X-Nooks-Delivery"] for one in receiver.asked) == sorted(f"nooks-{n}" for n in range(20))
    for asked in receiver.asked:
        signed = f"{asked.headers['X-Nooks-Timestamp']}.".encode() + asked.body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert asked.headers["X-Nooks-Signature"] == f"v1={digest}"
        assert json.loads(asked.body)["id"] == asked.headers["X-Nooks-Delivery"]


def test_a_message_is_as_the_page_shows_it(db: Database, tmp_path: Path, book: Book, receiver: Receiver) -> None:
    (page,) = [json.loads(b.text) for b in blocks("json") if (b.order, b.detail) == ("message", "to a webhook")]
    identity, _ = Addresses(db, FileSecrets(tmp_path)).add(book.workspace, URL)
    call = book.accepted("dialer-4711")
    book.record(call)
    with db.transaction() as conn:
        conn.execute(FOUND, (call.id,))
        (content,) = contents(conn, identity, [call.id], "")
    webhook(receiver).push([content.activity])

    told = json.loads(receiver.asked[0].body)
    assert told["call"].pop("id") == call.id
    assert page["call"].pop("id") == 4711
    assert told == page


def test_a_webhook_is_told_again_whom_a_call_was_with_when_that_is_found(
    db: Database, tmp_path: Path, connected: str, book: Book
) -> None:
    Addresses(db, FileSecrets(tmp_path)).add(book.workspace, URL)
    call = book.accepted("c-1")
    assert book.record(call) == 2
    assert book.record(call) == 0
    with db.transaction() as conn:
        conn.execute(FOUND, (call.id,))
    assert book.record(call) == 1


@pytest.mark.parametrize(
    ("status", "parks"),
    [(400, False), (422, False), (302, True), (401, True), (404, True), (410, True), (429, True), (500, True)],
)
def test_an_answer_accuses_the_call_or_the_receiver(receiver: Receiver, status: int, parks: bool) -> None:
    receiver.answers = [Answer({}, status, {"Location": "https://169.254.169.254/latest"})]

    answers = webhook(receiver).push([call("one"), call("two")])

    assert isinstance(answers[0], Refused)
    assert of_lane(answers[0].failure) is parks
    assert isinstance(answers[1], Refused if parks else Written)
    assert len(receiver.asked) == (1 if parks else 2)  # behind an outage nothing more is sent, and no redirect followed


@pytest.mark.parametrize(
    ("asked", "wait"), [("7", timedelta(seconds=7)), ("9" * 30, timedelta(days=1)), ("²", timedelta(seconds=10))]
)
def test_a_receiver_says_when_to_come_again(receiver: Receiver, asked: str, wait: timedelta) -> None:
    receiver.answers = [Answer({}, 429, {"Retry-After": asked})]

    (answer,) = webhook(receiver).push([call("one")])

    assert isinstance(answer, Refused)
    assert answer.failure.retry_in == wait


@pytest.mark.parametrize("body", [Answer(raw=b"\xff<not json", headers={"Content-Type": "application/json"}), CUT_OFF])
def test_a_message_that_was_taken_is_taken_whatever_follows_the_status(receiver: Receiver, body: Answer) -> None:
    receiver.answers = [body]

    assert webhook(receiver).push([call("one"), call("two")]) == [Written("", "")] * 2
    assert len(receiver.asked) == 2


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.acme-receiver.com/calls",
        "https://127.0.0.1/calls",
        "https://localhost/calls",
        "https://[::1]/calls",
        "https://metadata.internal/",
        "https://user:word@hooks.acme-receiver.com/",
        "https://hooks.acme-receiver.com:8443/",
    ],
)
def test_only_public_https_addresses_become_webhooks(url: str) -> None:
    assert public_https(url) is None


def test_a_name_that_leads_inside_the_network_is_not_called(receiver: Receiver) -> None:
    receiver.addresses[HOST] = ["10.0.0.7"]

    (answer,) = webhook(receiver).push([call("one")])

    assert isinstance(answer, Refused)
    assert "may not be called" in str(answer.failure)
    assert receiver.asked == []


def test_what_was_recorded_is_told_once_and_what_a_removed_webhook_was_owed_is_withdrawn(
    db: Database, tmp_path: Path, book: Book, receiver: Receiver, deliveries: Callable[[], list[dict[str, Any]]]
) -> None:
    settings = Settings(home=tmp_path)
    addresses = Addresses(db, FileSecrets(settings.secrets))
    with db.transaction() as conn:
        conn.execute("delete from crm.writing")
    with pytest.raises(Permanent, match="public host name"):
        addresses.add(book.workspace, "https://10.0.0.7/calls")
    identity, secret = addresses.add(book.workspace, URL)
    receiver.answers = [Answer({}, 200)]
    book.recorded("c-1")
    loop = DeliveryLoop(db, settings, "one", Doors(db, settings, lambda: False, network=receiver.network()))
    with running(loop):
        until(lambda: [row["state"] for row in deliveries()] == ["delivered"])

    book.recorded("c-2")
    assert addresses.remove(book.workspace, URL) == [identity]

    assert secret.startswith("nws_")
    assert len(receiver.asked) == 1
    assert [row["state"] for row in deliveries()] == ["delivered", "withdrawn"]
    assert addresses.of(book.workspace) == []
    with db.transaction() as conn:
        assert conn.execute("select from work.items where state <> 'done'").fetchall() == []
