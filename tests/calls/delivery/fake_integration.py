"""An integration that remembers what it was told, and fails as a test wants."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from nooks_dagster.crm.activities import Activity, Answer, Constants, Readiness, Refused, Written
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure

Script = Callable[[Sequence[Activity]], None]
"""Raises what the whole of a batch meets."""


@dataclass
class FakeIntegration:
    """Keeps one record for each key; `refuses` names what single activities meet, by their number, once each."""

    most: int = 10
    records: dict[str, list[Activity]] = field(default_factory=dict)
    batches: list[list[str]] = field(default_factory=list)
    script: Script = lambda _activities: None
    refuses: dict[str, list[Failure]] = field(default_factory=dict)
    after: Script = lambda _activities: None
    left: frozenset[str] = frozenset()
    allowance: Usage = field(default_factory=lambda: Usage(0))

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self.at_once = self.peak = 0

    def look(self) -> Readiness:
        return Readiness(ready=True)

    def usage(self) -> Usage:
        return self.allowance

    def typed(self, chosen: Mapping[str, str]) -> Constants:
        return chosen

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        with self._lock:
            self.at_once += 1
            self.peak = max(self.peak, self.at_once)
            self.batches.append([one.key for one in activities])
        try:
            self.script(activities)
            answers = [self._write(one) for one in activities]
            self.after(activities)
        finally:
            with self._lock:
                self.at_once -= 1
        return answers

    def _write(self, activity: Activity) -> Answer:
        if queue := self.refuses.get(activity.key):
            return Refused(queue.pop(0))
        with self._lock:
            self.records.setdefault(activity.key, []).append(activity)
            return Written(f"00T{activity.key[-8:]}", "Task", self.left)
