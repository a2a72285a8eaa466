"""What becomes of an item after an outcome: the one place where failures turn into waits, blocks and deaths.

Belongs here: the table from (policy, item, failure) to the next state. Pure functions, no clock, no SQL.
"""

import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from nooks_dagster.failures import (
    Corrupt,
    Failure,
    LostLease,
    Permanent,
    Poison,
    Transient,
    Unauthorized,
    word_for,
)
from nooks_dagster.ledger.items import Item, Queue

MOST_BACKOFF = timedelta(minutes=5)
BLOCKED_FOR = timedelta(hours=1)  # a permission given back is noticed within the hour, without anybody's click
MOST_BYTES = 2000  # work.items has room for 2048


@dataclass(frozen=True, slots=True)
class Verdict:
    """The next state of an item, as the ledger writes it."""

    state: str
    wait: timedelta
    attempts: int
    deaths: int
    failure: str | None
    reason: str | None

    def columns(self) -> Mapping[str, Any]:
        """Return the values by column name."""
        return asdict(self)


def judge(queue: Queue, item: Item, error: BaseException) -> Verdict:
    """Decide what an error makes of an item."""
    if isinstance(error, Transient) and not error.counts_as_attempt:
        return _verdict("waiting", error.retry_in or queue.backoff, item.attempts, error)
    if isinstance(error, LostLease):
        return _verdict("waiting", timedelta(), item.attempts, error)
    attempts = item.attempts + 1
    # Bytes that disagree are fetched once more; if they disagree again, the source itself is at fault.
    last = 2 if isinstance(error, Corrupt) else queue.attempts
    if isinstance(error, Permanent | Unauthorized) or attempts >= last:
        state = "blocked" if queue.blocks else "dead"
        return _verdict(state, BLOCKED_FOR if queue.blocks else timedelta(), 0 if queue.blocks else attempts, error)
    asked = error.retry_in if isinstance(error, Transient) else None
    return _verdict("waiting", asked or backoff(queue, attempts), attempts, error)


def backoff(queue: Queue, attempts: int) -> timedelta:
    """Return the wait after the n-th failure: doubling, at most five minutes."""
    doubled: timedelta = queue.backoff * 2 ** (attempts - 1)
    return min(doubled, MOST_BACKOFF)


def described(error: BaseException) -> str:
    """Return what may be kept of an error.

    A failure's words are made for people. Of any other exception only the class and the place are kept,
    because its message may quote a customer's data.
    """
    if isinstance(error, Failure):
        return str(error).encode()[:MOST_BYTES].decode(errors="ignore")
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"unexpected {type(error).__name__}{place}"


def _verdict(state: str, wait: timedelta, attempts: int, error: BaseException) -> Verdict:
    # An outcome, even a bad one, shows that the item does not kill its worker; poison stays a suspect, tried alone.
    deaths = 1 if isinstance(error, Poison) else 0
    return Verdict(state, wait, attempts, deaths, word_for(error), described(error))
