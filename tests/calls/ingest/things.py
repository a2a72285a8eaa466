"""What the tests of ingest share: a call as a dialer tells it, and workspaces."""

import hmac
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from nooks_dagster.calls.ingest.accepting import Offer
from nooks_dagster.calls.ingest.keys import Issued, Keys
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from tests.calls.ingest.wire import Wire

# Validation looks how far from now a call began.
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def told(call_id: str = "one", /, **more: Any) -> dict[str, Any]:
    """A call as JSON; `more` takes the place of its fields."""
    return {
        "call_id": call_id,
        "direction": "outbound",
        "started_at": BEGAN.isoformat(),
        "ended_at": (BEGAN + timedelta(minutes=5)).isoformat(),
        "disposition": "connected",
        "recording_consent": True,
        "rep": {"email": "rep@acme.example"},
        "prospect": {"phone": "+14155550100"},
        **more,
    }


def offer(call_id: str = "one", workspace: str = "acme", work_class: WorkClass = WorkClass.LIVE, **more: Any) -> Offer:
    body = json.dumps(told(call_id, **more)).encode()
    return Offer(workspace, Submission.model_validate_json(body), sha256(body).digest(), work_class)


def add_workspaces(db: Database, *names: str) -> None:
    with db.transaction() as conn:
        conn.execute("insert into workspaces.workspaces (name) select unnest(%s::text[])", (list(names),))


def signed(key: Issued, body: bytes, at: float | None = None) -> dict[str, str]:
    """The headers of a body, by the description in the OpenAPI document."""
    timestamp = str(int(time.time() if at is None else at))
    right = hmac.new(key.secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
    return {"X-Nooks-Key": key.key, "X-Nooks-Timestamp": timestamp, "X-Nooks-Signature": f"v1={right}"}


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        """The error, in the one shape."""
        (error,) = self.json.values()
        assert sorted(error) == ["code", "fields", "message", "next_step"]
        return error


@dataclass(frozen=True, slots=True)
class Dialer:
    """Sends over HTTP with a key."""

    port: int
    key: Issued

    def send(self, body: bytes | Mapping[str, Any], path: str = "/v1/calls", **headers: str) -> Reply:
        """Sign and post; `headers` (with _ for -) take the place of the usual ones."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        usual = {"Content-Type": "application/json", **signed(self.key, raw)}
        return ask(self.port, "POST", path, raw, {**usual, **named})


def ask(port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Server:
    """A running `nooks ingest` and what it stands on."""

    port: int
    log: Path
    home: Path
    db: Database
    bucket: str
    keys: Keys
    wire: Wire
    acme: Dialer
    globex: Dialer
    initech: Dialer
