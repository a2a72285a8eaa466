"""The work of research as the ledger keeps it: batches of sites.

Belongs here: the queue, its scope, and what a payload holds. Does not: doing the work (`research.draining`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import uuid4

from nooks_dagster.lake.handle import Handle
from nooks_dagster.ledger.items import Item, NewItem, Queue, WorkClass

SITES = Queue("research.sites")
BATCH = 100
"""Sites in one item: a minute of work, and a payload of one handle whatever their number."""
FOLDER = "research/batches/"


def scope_of(workspace: str) -> str:
    """Return the scope in which a workspace's signals and their research are drained."""
    return f"signals/{workspace}"


@dataclass(frozen=True, slots=True)
class Batch:
    """The payload of an item: a list of sites in the lake, and before when they must have been looked at last.

    `again` is None when those are to be looked at that are due.
    """

    sites: Handle
    again: datetime | None

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read the payload of an item."""
        again = item.payload["again"]
        return cls(Handle.from_json(item.payload["sites"]), datetime.fromisoformat(again) if again else None)

    def item(self, workspace: str, key: str, work_class: WorkClass) -> NewItem:
        """Return it as new work."""
        payload = {"sites": self.sites.to_json(), "again": self.again.isoformat() if self.again else None}
        return NewItem(SITES, scope_of(workspace), f"{scope_of(workspace)}/sites", key, payload, work_class)


def list_name(workspace: str) -> str:
    """Return a new name for a list of sites in the lake."""
    return f"{FOLDER}workspace={workspace}/{uuid4().hex}.json"
