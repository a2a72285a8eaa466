"""What a task is sent again without, after Salesforce refused it for a field that it can do without.

Belongs here: the order of doubt. Does not: which refusals allow it (`saved`), sending (`writing`).

Where a refusal names no field, one link after the other is left out, then all: no contact is given up for an account.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nooks_dagster.crm.salesforce.saved import LINKS, Saved
from nooks_dagster.crm.salesforce.tasks import KEY

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Attempt:
    """A task that is to be saved: its fields but those that were named, and what of it is left out this time."""

    task: Record
    doubted: tuple[str, ...] = ()
    cleared: frozenset[str] = frozenset()

    @property
    def record(self) -> Record:
        """What is sent."""
        return _less(self.task, self.doubted)

    def after(self, one: Saved) -> "Attempt | None":
        """Return what is sent after a refusal; None if nothing that may be left out is to blame."""
        if one.faults:
            return None if KEY in one.faults else Attempt(_less(self.task, one.faults), self.doubted, self.cleared)
        cleared = self.cleared.union(self.doubted)
        if next_one := next((name for name in one.suspects if name not in cleared), None):
            return Attempt(self.task, (next_one,), cleared)
        return Attempt(_less(self.task, LINKS)) if one.suspects else None


def _less(record: Record, names: Collection[str]) -> Record:
    return {name: value for name, value in record.items() if name not in names}
