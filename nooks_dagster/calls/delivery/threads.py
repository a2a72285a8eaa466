"""The threads of a delivery loop: one for each integration that is served, within bounds that keep neighbours apart.

Belongs here: who may have one. Does not: what it does (`calls.delivery.loop`).

A webhook that answers after nine seconds is healthy, and its batch takes a minute: so webhooks have threads of their
own, and no workspace has all of them.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nooks_dagster.calls.delivery.contents import WEBHOOK

AT_ONCE = 16  # of CRMs, and as many of webhooks; each holds a connection to Postgres for milliseconds only
OF_A_WORKSPACE = 4  # of each


@dataclass(frozen=True, slots=True)
class _Served:
    thread: threading.Thread
    workspace: str
    webhook: bool


class Threads:
    """The threads of one loop, which alone starts them."""

    def __init__(self) -> None:
        self._served: dict[str, _Served] = {}

    def start(self, integration: str, kind: str, workspace: str, work: Callable[[], None]) -> None:
        """Begin work on an integration unless there is some, or all threads that it may have are at work."""
        self._served = {name: one for name, one in self._served.items() if one.thread.is_alive()}
        webhook = kind == WEBHOOK
        alike = [one.workspace for one in self._served.values() if one.webhook == webhook]
        if integration in self._served or len(alike) >= AT_ONCE or alike.count(workspace) >= OF_A_WORKSPACE:
            return
        # A daemon: a request that hangs must not hold up the end of a process that was told to stop.
        thread = threading.Thread(target=work, name="delivery", daemon=True)
        self._served[integration] = _Served(thread, workspace, webhook)
        thread.start()

    def join(self, seconds: float) -> None:
        """Wait for what is in hand, no longer than so many seconds in all."""
        end = time.monotonic() + seconds
        for one in self._served.values():
            one.thread.join(max(0.0, end - time.monotonic()))
