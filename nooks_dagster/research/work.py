"""The work of research as the ledger keeps it: batches of sites.

Belongs here: the queue, its scope, and what a payload holds. Does not: doing the work (`research.draining`).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import uuid4

from nooks_dagster.failures import Corrupt
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
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


def write_sites(lake: Lake, workspace: str, sites: Sequence[str]) -> Handle:
    """Put a list of sites into the lake."""
    path = lake.scratch / uuid4().hex
    try:
        path.write_text(json.dumps(list(sites)))
        return lake.upload(path, f"{FOLDER}workspace={workspace}/{path.name}.json", len(sites))
    finally:
        path.unlink(missing_ok=True)


def read_sites(lake: Lake, handle: Handle) -> list[str]:
    """Return a list of sites.

    Raises:
        Corrupt: It is not what was written.
        Missing: It is gone.
    """
    with lake.fetched(handle) as path:
        found = json.loads(path.read_text())
    if not isinstance(found, list):
        raise Corrupt("The object is no list of sites.", subject=handle.uri)
    return [str(site) for site in found]


def remove_sites(lake: Lake, handle: Handle) -> None:
    """Remove a list that is done with."""
    lake.remove([handle.uri.removeprefix("gs://").partition("/")[2]])
