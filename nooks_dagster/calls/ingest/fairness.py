"""Fairness: a key that sends faster than its share does not push the calls of others back.

Belongs here: the buckets. Does not: the order of work, which the ledger's classes make.

Beyond its rate a call is accepted all the same, and its work is planned one class below, so that it waits for those of
others. The buckets are in memory: with several processes each gives the whole rate.
"""

import time

from nooks_dagster.ledger.items import WorkClass

BURST_SECONDS = 10
"""A dialer that reconnects may send at once what it held back for so long."""


class Buckets:
    """One bucket of tokens for each key.

    Args:
        rate: Calls a second of one key that are live.
    """

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._most = rate * BURST_SECONDS
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str, now: float | None = None) -> WorkClass:
        """Take a token of a key; return the class of the call that it pays for."""
        now = time.monotonic() if now is None else now
        tokens, filled = self._buckets.get(key, (self._most, now))
        tokens = min(self._most, tokens + (now - filled) * self._rate)
        live = tokens >= 1
        self._buckets[key] = (tokens - live, now)
        return WorkClass.LIVE if live else WorkClass.ASKED
