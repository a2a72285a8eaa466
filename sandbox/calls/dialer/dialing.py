"""Dialing: one call after the other at a chosen rate, however long the answers take.

Belongs here: the open loop, and what it measured. Does not: sending (`sending`), planning (`planning`).
"""

import asyncio
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.calls.dialer.http import Http
from sandbox.calls.dialer.planning import Planner
from sandbox.calls.dialer.sending import Line, Sender, Sent
from sandbox.calls.dialer.truth import Journal

_MOST_OPEN = 5_000
"""Calls on their way at once; beyond it the dialer waits, and says how late it was."""


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@dataclass(slots=True)
class Tally:
    """What happened."""

    planned: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    latest: float = 0.0
    began: float = field(default_factory=time.monotonic)
    cpu: float = field(default_factory=_cpu)

    def add(self, sent: Sent) -> None:
        """Count what became of a call."""
        self.outcomes[str(sent.statuses[-1]) if sent.statuses and not sent.problem else "unsent"] += 1
        if sent.seconds:
            self.seconds.append(sent.seconds)

    def told(self) -> dict[str, Any]:
        """Return all of it, ready for JSON."""
        ordered, lasted = sorted(self.seconds), time.monotonic() - self.began
        cut = {f"p{part}_ms": round(ordered[len(ordered) * part // 100] * 1000, 1) for part in (50, 95, 99) if ordered}
        return {
            "calls": self.planned,
            "per_second": round(self.planned / lasted, 2),
            "answers": dict(sorted(self.outcomes.items())),
            "accepting": cut,
            "latest_ms": round(self.latest * 1000, 1),
            "cpu_ms_a_call": round((_cpu() - self.cpu) * 1000 / max(1, self.planned), 2),
        }


async def dial(
    planners: Sequence[tuple[Line, Planner]], journal: Journal, rate: float, calls: int, first: int = 0
) -> Tally:
    """Send calls at a rate, those of several lines in turn.

    Args:
        planners: Each line with the planner of its calls.
        journal: Gets the truth of each call.
        rate: Calls a second.
        calls: How many.
        first: Number of the first one.
    """
    http, tally = Http(), Tally()
    senders = [(line, planner, Sender(line, http)) for line, planner in planners]
    slots = asyncio.Semaphore(_MOST_OPEN)

    async def one(number: int) -> None:
        line, planner, sender = senders[number % len(senders)]
        try:
            for truth, sent in await sender.send(planner.plan(number)):
                journal.write(truth, line.key, sent)
                tally.add(sent)
        finally:
            slots.release()

    async with asyncio.TaskGroup() as group:
        for number in range(first, first + calls):
            due = tally.began + tally.planned / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            await slots.acquire()
            tally.latest = max(tally.latest, time.monotonic() - due)
            tally.planned += 1
            group.create_task(one(number))
    await http.close()
    return tally
