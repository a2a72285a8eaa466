"""What a sync has in its hands: the windows that it holds, and the tasks that are under way, each in a thread.

Belongs here: what they are. Does not: what comes next (`crm.sync.sync`).

A task that was cut off leaves a scratch file, which the next sync sweeps.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

from nooks_dagster.crm.access.meter import Calls
from nooks_dagster.crm.reporting.reports import Ending, WindowReport
from nooks_dagster.crm.sync.windows import OpenWindow
from nooks_dagster.crm.work import CHUNKS, WindowTask
from nooks_dagster.failures import LostLease
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.ledger.items import Claim, Queue
from nooks_dagster.threads import Threads


@dataclass(slots=True, eq=False)
class Held:
    """A window in this run's hands; `calls` are those that none of its chunks tells of, for they failed or planned."""

    claim: Claim
    lease: ExitStack
    started: float = field(default_factory=time.monotonic)
    opened: OpenWindow | None = None
    planning: bool = True
    calls: Calls = field(default_factory=Calls)

    @property
    def task(self) -> WindowTask:
        """Return what the window is about."""
        return WindowTask.of(self.claim.item)

    def report(self, ending: Ending, totals: Mapping[str, int], reason: str | None) -> WindowReport:
        """Return how the window ended in this run."""
        bounds = self.opened.window if self.opened else None
        return WindowReport(
            self.task,
            ending,
            totals,
            since=bounds.since if bounds else None,
            until=bounds.until if bounds else None,
            seconds=time.monotonic() - self.started,
            reason=reason,
        )

    def as_task(self) -> "Task":
        """Return the window as the task that it was opened by."""
        return Task(self.task.queue, self.claim, self)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A claim under way; `window` is the one that it opens, or whose chunk it is."""

    queue: Queue
    claim: Claim
    window: Held | None = None

    @property
    def held(self) -> Held:
        """Return the window of a window or a chunk.

        Raises:
            LostLease: It was given back, or there is none.
        """
        if self.window is None:
            raise LostLease(f"the window of item {self.claim.item.id} is not held")
        return self.window

    def charge(self, calls: Calls) -> None:
        """Let the window, if there is one, tell of calls."""
        if self.window:
            self.window.calls.add(calls.by_kind)

    @property
    def connection(self) -> str:
        """Return the connection that it calls."""
        return self.window.task.connection if self.window else str(self.claim.item.payload["connection"])


class Tasks(Threads[Task, None]):
    """The tasks that are under way.

    Args:
        nice: That of the threads whose task nobody waits for.
    """

    def __init__(self, nice: int = 0) -> None:
        super().__init__("crm")
        self._nice = nice

    def start(self, work: Task, do: Callable[[Task], None]) -> None:
        """Begin a task; how many there may be is the caller's to bound."""

        def giving_way(task: Task) -> None:
            give_way(task.claim.item.work_class, self._nice)
            do(task)

        super().start(work, giving_way)

    def have_suspect(self) -> bool:
        """Say whether one may kill its worker: it did so before, and has got nothing done since."""
        return any(task.claim.item.deaths for task in self)

    @property
    def reading(self) -> int:
        """How many move rows; the others ask how much there is, or wait for the source to say it."""
        return sum(task.queue is CHUNKS for task in self)


@dataclass(frozen=True, slots=True)
class Hands:
    """All that a sync has in its hands; windows by the id of their item."""

    windows: dict[int, Held] = field(default_factory=dict)
    tasks: Tasks = field(default_factory=Tasks)
