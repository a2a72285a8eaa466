"""The values of the ledger: queues and their policies, items, claims.

Belongs here: plain values. Does not: SQL (`ledger.ledger`), threads (`ledger.leases`).
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from nooks_dagster.failures import LostLease


class WorkClass(IntEnum):
    """Who is waiting: lower is claimed first."""

    LIVE = 0
    ASKED = 10
    INCREMENTAL = 20
    NIGHTLY = 30
    HISTORY = 40


@dataclass(frozen=True, slots=True)
class Queue:
    """A kind of work and how its failures are treated.

    Attributes:
        serial: One item of a lane after the other, in the order planned.
        blocks: Items never die: after the last attempt they are blocked, and tried again an hour later.
        attempts: Failures that accuse the item before it is dead or blocked.
        backoff: The wait after the first failure; it doubles with each, up to five minutes.
    """

    name: str
    serial: bool = False
    blocks: bool = False
    attempts: int = 4
    backoff: timedelta = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class NewItem:
    """Work to be remembered; (queue, lane, key) is its identity, so planning twice is planning once.

    It is due at `due_at`, or without that `due_in` from now.
    """

    queue: Queue
    scope: str
    lane: str
    key: str
    payload: Mapping[str, Any]
    work_class: WorkClass
    parent: int | None = None
    due_in: timedelta = timedelta()
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the ledger as its holder sees it."""

    id: int
    queue: str
    scope: str
    lane: str
    key: str
    parent: int | None
    work_class: WorkClass
    payload: Mapping[str, Any]
    progress: Mapping[str, Any]
    attempts: int
    deaths: int


@dataclass(slots=True, eq=False)
class Claim:
    """The right to work on an item until the lease ends; the fence proves it at commit."""

    item: Item
    fence: int
    lost: bool = False
    progressed_at: float = field(default_factory=time.monotonic)

    def tick(self) -> None:
        """Tell the lease keeper that the work moves.

        Raises:
            LostLease: Somebody else holds the item now.
        """
        if self.lost:
            raise LostLease(f"the lease on item {self.item.id} was taken over")
        self.progressed_at = time.monotonic()
