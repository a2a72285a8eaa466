"""Sending a call: its recording by a resumable upload, then the call itself, signed, until there is an answer.

Belongs here: the platform's interface as a dialer uses it. Does not: which calls (`planning`), when (`dialing`).
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.calls.dialer.http import Http, NoReply, Reply
from sandbox.calls.dialer.planning import COPY, Plan, channels_of

_WAITS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between tries."""
SECOND_COPY_SECONDS = 2.0
"""After which a recording is sent once more as that of another call: the first is long looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """Whose calls are sent, and where to."""

    to: str
    key: str
    secret: str = field(repr=False)


@dataclass(slots=True)
class Sent:
    """What became of sending a call. `statuses` are the answers to it, 0 for none."""

    id: int | None = None
    statuses: list[int] = field(default_factory=list)
    seconds: float = 0.0
    problem: str = ""


class Given(Exception):
    """An answer that is not the one that a dialer can go on with."""


class Sender:
    """Sends the calls of one line.

    Args:
        line: Whose, and where to.
        http: The client.
    """

    def __init__(self, line: Line, http: Http) -> None:
        self._line = line
        self._http = http

    async def send(self, plan: Plan) -> list[tuple[Mapping[str, Any], Sent]]:
        """Send a call, and a second one if it is planned so; return the truth of each and what became of it."""
        sent = Sent()
        results: list[tuple[Mapping[str, Any], Sent]] = [(plan.truth, sent)]
        try:
            await self._send(plan, sent, results)
        except (NoReply, Given) as error:
            results[-1][1].problem = str(error)
        return results

    async def _send(self, plan: Plan, sent: Sent, results: list[tuple[Mapping[str, Any], Sent]]) -> None:
        ended = datetime.now(UTC)
        body = _submission(plan, ended)
        content = plan.recording.marked(plan.number) if plan.recording else b""
        if plan.recording:
            body["recording"] = await self._upload(plan, content)
        await self._post(body, sent)
        if plan.kind == "again":
            await self._post(body, sent)
        elif plan.kind == "other_body":
            await self._post({**body, "title": "Another call under the same id"}, sent)
        elif plan.kind == "same_recording":
            await asyncio.sleep(SECOND_COPY_SECONDS)
            copy = {**body, "call_id": f"{plan.call_id}-copy", "recording": await self._upload(plan, content)}
            results.append(({"call_id": copy["call_id"], **COPY}, Sent()))
            await self._post(copy, results[-1][1])

    async def _post(self, body: Mapping[str, Any], sent: Sent) -> None:
        """Send a call until it is answered for good."""
        began = time.monotonic()
        reply = await self._signed("/v1/calls", body, sent.statuses)
        if not sent.seconds:
            sent.seconds = time.monotonic() - began
        sent.statuses.append(reply.status)
        if reply.status == 202:
            sent.id = int(_told(reply, "id"))

    async def _upload(self, plan: Plan, content: bytes) -> dict[str, Any]:
        """Return what the call says of its recording, once that is uploaded."""
        recording = plan.recording
        if recording is None:
            raise Given("there is no recording")
        wish = {"call_id": plan.call_id, "content_type": recording.kind, "bytes": len(content)}
        reply = await self._signed("/v1/recordings", wish, [])
        if reply.status != 201:
            raise Given(f"POST /v1/recordings was answered {reply.status}")
        await self._put(str(_told(reply, "upload_url")), content)
        told: dict[str, Any] = {"uri": _told(reply, "uri")}
        channels = channels_of(recording)
        return told | {"channels": dict(channels)} if channels else told

    async def _put(self, url: str, content: bytes) -> None:
        """Put bytes to an upload session, going on where it stands after a failure."""
        begin = 0
        for wait in (*_WAITS, 0.0):
            span = f"bytes {begin}-{len(content) - 1}/{len(content)}"
            headers = {"Content-Range": span} if begin else {}
            try:
                reply = await self._http.ask("PUT", url, content[begin:], headers)
                if reply.status in {200, 201}:
                    return
            except NoReply:
                pass
            await asyncio.sleep(wait)
            begin = await self._stands(url, len(content))
            if begin == len(content):
                return
        raise Given("the recording could not be uploaded")

    async def _stands(self, url: str, size: int) -> int:
        """Return how many bytes an upload session has."""
        try:
            reply = await self._http.ask("PUT", url, b"", {"Content-Range": f"bytes */{size}"})
        except NoReply:
            return 0
        if reply.status in {200, 201}:
            return size
        return int(reply.headers["range"].rpartition("-")[2]) + 1 if "range" in reply.headers else 0

    async def _signed(self, path: str, body: Mapping[str, Any], failures: list[int]) -> Reply:
        """Send a signed request until it is answered otherwise than by 429 or 5xx; note what else came."""
        raw = json.dumps(body).encode()
        for wait in _WAITS:
            try:
                reply = await self._http.ask("POST", self._line.to + path, raw, self._headers(raw))
            except NoReply:
                failures.append(0)
            else:
                if reply.status != 429 and reply.status < 500:
                    return reply
                failures.append(reply.status)
            await asyncio.sleep(wait)
        raise Given(f"POST {path} was not answered: {failures[-3:]}")

    def _headers(self, raw: bytes) -> dict[str, str]:
        moment = str(int(time.time()))
        digest = hmac.new(self._line.secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
        return {
            "Content-Type": "application/json",
            "X-Nooks-Key": self._line.key,
            "X-Nooks-Timestamp": moment,
            "X-Nooks-Signature": f"v1={digest}",
        }


def _told(reply: Reply, name: str) -> Any:
    """Return what an answer tells under a name."""
    try:
        return json.loads(reply.body)[name]
    except (ValueError, KeyError, TypeError):
        raise Given(f"an answer {reply.status} does not tell {name!r}") from None


def _submission(plan: Plan, ended: datetime) -> dict[str, Any]:
    times = {
        "started_at": (ended - timedelta(seconds=plan.seconds)).isoformat(timespec="milliseconds"),
        "ended_at": ended.isoformat(timespec="milliseconds"),
    }
    return {"call_id": plan.call_id, **times, **plan.fields}
