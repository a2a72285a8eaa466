"""What a sync tells: one report for each window that ended, however it ended.

Belongs here: the value. Does not: how it is shown (assets, command).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from nooks_dagster.crm.work import WindowTask


class Ending(StrEnum):
    """How a window ended in this run."""

    DONE = "done"
    HELD_BACK = "held back by the source"
    PARKED = "parked"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class WindowReport:
    """One window of one source object: how it ended and what it brought.

    `totals` has rows, bytes, inserted, updated, unchanged, deleted; `reason` is a sentence when not done.
    """

    task: WindowTask
    ending: Ending
    totals: Mapping[str, int] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    seconds: float = 0.0
    reason: str | None = None
