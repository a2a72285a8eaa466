"""The faults in force: asked at every call, and counting.

Belongs here: which of the rules strike, in the order in which they were made.
Does not: durability. A restart forgets them all.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sandbox.counters import Counters
from sandbox.faults.kinds import Expired, Fault, Item, JobOutcome, Late, PageAgain, WhatIsWritten, ends_call, read_fault
from sandbox.faults.seen import Seen


@dataclass(slots=True)
class _Armed:
    """A fault in force; `gone` are the cursors that it made expire."""

    fault: Fault
    since: float
    matched: int = 0
    struck: int = 0
    gone: set[str] = field(default_factory=set)

    def strikes(self, now: float) -> bool:
        """Count a matching call, and return whether it is struck."""
        self.matched += 1
        spent = self.fault.times is not None and self.struck >= self.fault.times
        hit = not spent and self.fault.falls_on(self.matched, now - self.since)
        self.struck += hit
        return hit


class Faults:
    """All faults of one sandbox; every method may be called from any thread.

    Args:
        counters: Where strikes are counted by kind.
        clock: Seconds that only grow.
    """

    def __init__(self, counters: Counters, clock: Callable[[], float] = time.monotonic) -> None:
        self._counters = counters
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._armed: dict[int, _Armed] = {}

    def add(self, wish: Any) -> int:
        """Put a fault in force and return its number.

        Raises:
            ValueError: The JSON object describes none.
        """
        fault = read_fault(wish)
        with self._lock:
            number = next(self._numbers)
            self._armed = {**self._armed, number: _Armed(fault, self._clock())}
        return number

    def remove(self, number: int) -> bool:
        """End a fault, and return whether it was there."""
        with self._lock:
            left = {key: armed for key, armed in self._armed.items() if key != number}
            self._armed, before = left, self._armed
        return len(left) < len(before)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._armed = {}

    def listed(self) -> list[dict[str, Any]]:
        """Return every fault with its number, and how many calls it matched and struck."""
        with self._lock:
            return [
                {"id": number, "matched": armed.matched, "struck": armed.struck}
                | armed.fault.model_dump(mode="json", exclude_defaults=True)
                for number, armed in self._armed.items()
            ]

    def has(self, kind: type[Fault] | None = None) -> bool:
        """Return whether a fault is in force, of any kind or of this one."""
        return any(kind is None or isinstance(armed.fault, kind) for armed in self._armed.values())

    def strike(self, call: Seen, *, follows: bool = True) -> Sequence[Fault]:
        """Return the faults that strike a call; one that is answered in place of the vendor is the last.

        Args:
            call: The call.
            follows: Whether the page before this one was sent, which could be sent again.
        """
        struck: list[Fault] = []
        with self._lock:
            for armed in self._armed.values():
                if isinstance(armed.fault, JobOutcome | WhatIsWritten):
                    continue
                if isinstance(armed.fault, PageAgain) and not follows:
                    continue
                if self._strikes(armed, call):
                    struck.append(armed.fault)
                if struck and ends_call(struck[-1]):
                    break
        return struck

    def job_outcome(self, call: Seen) -> str | None:
        """Return how a job that a call makes shall end: `Failed: <message>`, `Aborted`, or None for well."""
        with self._lock:
            for armed in self._armed.values():
                if isinstance(armed.fault, JobOutcome) and self._strikes(armed, call):
                    failed = armed.fault.outcome == "Failed"
                    return f"Failed: {armed.fault.message}" if failed else "Aborted"
        return None

    def item(self, see: Callable[[], Seen]) -> Item | None:
        """Return the fault by which one item of those that a call would write is refused, None for none.

        Args:
            see: Reads the item, if there are such faults at all.
        """
        if not self.has(Item):
            return None
        call = see()
        with self._lock:
            for armed in self._armed.values():
                if isinstance(armed.fault, Item) and self._strikes(armed, call):
                    return armed.fault
        return None

    def late(self, see: Callable[[], Seen]) -> float:
        """Return how many seconds what a call writes is older by its stamp than it is."""
        if not self.has(Late):
            return 0
        call = see()
        with self._lock:
            for armed in self._armed.values():
                if isinstance(armed.fault, Late) and self._strikes(armed, call):
                    return armed.fault.late_seconds
        return 0

    def _strikes(self, armed: _Armed, call: Seen) -> bool:
        if call.cursor in armed.gone:
            return True
        if not armed.fault.matches(call) or not armed.strikes(self._clock()):
            return False
        if isinstance(armed.fault, Expired):
            armed.gone.add(call.cursor)
        self._counters.fault(armed.fault.kind)
        return True
