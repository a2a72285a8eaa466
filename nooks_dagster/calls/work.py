"""The queues of calls in the work ledger, and the names that tie them together.

Belongs here: names and policies. Does not: claiming (`calls.live.worker`), planning (`calls.ingest.accepting`,
`calls.closing.hours`).
"""

from datetime import datetime, timedelta

from nooks_dagster.ledger.items import Queue

CALLS = Queue("calls", attempts=5, backoff=timedelta(seconds=1))
"""One item a call: payload `{"call": id, "stages": [names]}`; progress holds nothing, `calls.stages` does."""
DELIVERIES = Queue("calls.deliveries", attempts=8, backoff=timedelta(seconds=2))
"""One item a (call, integration): payload `{"call": id}`, lane of the integration."""
WORKERS = Queue("calls.workers")
"""One item a (slot, hour) that a live worker holds while it works."""
HOURS = Queue("calls.hours", blocks=True)
"""One item each time that an hour is to be closed: first five minutes after its end, again when a call came late."""

CHANNEL = "nooks_calls"
"""Of NOTIFY: a call was accepted."""


def scope_of_calls(workspace: str) -> str:
    """Return the scope of a workspace's calls; nothing is launched for it, live workers take what is due of all."""
    return f"calls/{workspace}"


def lane_of_integration(integration: str) -> str:
    """Return the lane of the deliveries to one integration."""
    return f"deliveries/{integration}"


def scope_of_worker(slot: int, hour: datetime) -> str:
    """Return the scope of a live worker; two of a slot, for one begins before the other ends."""
    return f"calls.workers/{slot}{'ab'[hour.hour % 2]}"


SCOPE_OF_HOURS = "calls.hours/close"
