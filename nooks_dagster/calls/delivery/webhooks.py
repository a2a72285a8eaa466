"""Webhooks: a recorded call as a signed message to an address that the customer named.

Belongs here: the message, its signature, what an answer means. Does not: which webhooks there are
(`calls.delivery.webhook_registry`), the bounds of a request (`research.web`).

A message may come twice, when its answer was lost: the same `X-Nooks-Delivery` is the same call, and the later says
what holds.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nooks_dagster.calls.delivery.sending import of_lane
from nooks_dagster.crm.access.server_clock import retry_in
from nooks_dagster.crm.activities import Activity, Answer, Links, Refused, Written
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure, RateLimited, Transient, Unanswered
from nooks_dagster.research.web.addresses import SystemResolver
from nooks_dagster.research.web.clock import Clock
from nooks_dagster.research.web.pools import Network
from nooks_dagster.research.web.posting import NotTold, Poster, Told
from nooks_dagster.research.web.streams import dial

MOST = 64  # at once; the lane goes on at once behind a full batch
SENDERS, EACH = 8, 8  # messages in a row for each sender before another one is worth its handshake
MESSAGE_SECONDS, READ_SECONDS, BATCH_SECONDS = 10.0, 5.0, 90.0
_LATER = (408, 425)
_TOO_MANY = 429
# Whatever is sent there would be answered so: the address or the key is wrong, or the receiver is not there yet.
_MISLED = (401, 403, 404, 405, 410)
_CORRECT = "Correct the receiver, or lead it elsewhere: `nooks calls webhooks move`. The calls wait."


class Misled(Transient):
    """The address of a webhook is not one that takes messages; accuses no call."""

    counts_as_attempt = False
    usual_wait = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a webhook leads, and what its messages are signed with."""

    id: str
    url: str = field(repr=False)
    secret: str = field(repr=False)


def usual_network() -> Network:
    """Return this machine's way to the world."""
    return Network(SystemResolver(), dial, "nooks_dagster")


class Webhook:
    """One webhook. See `calls.delivery.sending.Integration`.

    Args:
        target: Where to.
        network: How to get there.
        stopped: Says that this process is to end.
    """

    most = MOST

    def __init__(self, target: Target, network: Network, stopped: Callable[[], bool]) -> None:
        self._target = target
        self._network = network
        self._stopped = stopped

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Send messages, a few at a time, for each is a request of its own."""
        senders = min(SENDERS, -(-len(activities) // EACH))
        shares = [activities[at::senders] for at in range(senders)]
        with ThreadPoolExecutor(senders, "webhook") as threads:
            told = list(threads.map(self._send, shares))
        return [told[at % senders][at // senders] for at in range(len(activities))]

    def usage(self) -> Usage:
        """Return nothing: nobody counts."""
        return Usage(0)

    def _send(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Send messages one after the other; behind one that all would meet, the others are not sent."""
        poster = Poster(self._network, Clock(BATCH_SECONDS, MESSAGE_SECONDS, READ_SECONDS, self._stopped))
        answers: list[Answer] = []
        try:
            for activity in activities:
                last = answers[-1] if answers else None
                stop = last if isinstance(last, Refused) and of_lane(last.failure) else None
                answers.append(stop or self._told(poster, activity))
        finally:
            poster.close()
        return answers

    def _told(self, poster: Poster, activity: Activity) -> Answer:
        body = message(activity)
        headers = {"Content-Type": "application/json", "X-Nooks-Delivery": activity.key}
        headers |= signature(self._target.secret, body, int(time.time()))
        try:
            failure = self._meaning(poster.post(self._target.url, body, headers))
        except NotTold as why:
            failure = self._silence(why)
        return Refused(failure) if failure else Written("", "")

    def _silence(self, why: NotTold) -> Failure:
        if why.forbidden:
            return Misled(f"The webhook may not be called: {why}.", subject=self._target.id, next_step=_CORRECT)
        return Unanswered(f"The webhook did not answer ({why}).", subject=self._target.id)

    def _meaning(self, told: Told) -> Failure | None:
        said = f"The webhook answered HTTP {told.status}."
        if 200 <= told.status <= 299:
            return None
        if told.status == _TOO_MANY:
            return RateLimited(said, subject=self._target.id, retry_in=retry_in(told.headers))
        if told.status >= 500 or told.status in _LATER:
            return Unanswered(said, subject=self._target.id, retry_in=retry_in(told.headers))
        if told.status < 400 or told.status in _MISLED:
            return Misled(said, subject=self._target.id, next_step=_CORRECT)
        return Transient(said, subject=self._target.id)


def message(activity: Activity) -> bytes:
    """Return the body of a message."""
    call = {
        "id": activity.call,
        "call_id": activity.call_id,
        "direction": "inbound" if activity.inbound else "outbound",
        "disposition": activity.result,
        "started_at": _moment(activity.began),
        "ended_at": _moment(activity.began + activity.lasted),
        "seconds": activity.lasted.total_seconds(),
        "language": activity.language or None,
        "from": activity.from_number,
        "to": activity.to_number,
        "subject": activity.subject,
        "body": activity.body,
        "crm": _crm(activity.links),
    }
    return json.dumps({"id": activity.key, "type": "call.recorded", "call": call}).encode()


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _crm(links: Links) -> dict[str, str | None]:
    names = ("connection", "contact", "lead", "account", "opportunity", "owner")
    return {name: getattr(links, name) or None for name in names}


def signature(secret: str, body: bytes, at: int) -> dict[str, str]:
    """Return the headers that show who sent a body, and when."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Nooks-Timestamp": str(at), "X-Nooks-Signature": f"v1={digest}"}
