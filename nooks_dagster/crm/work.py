"""The work of CRM sync as the ledger keeps it: discoveries, windows and chunks.

Belongs here: the queues, the names of scopes and lanes, and what a payload holds.
Does not: doing the work (`crm.discovery`, `crm.windows`, `crm.chunks`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from nooks_dagster.ledger.items import Item, NewItem, Queue, WorkClass

# One retry budget (I6): a request is sent at most 5 x 4 = 20 times, then its lane is blocked and somebody sees it.
SENDS_IN_A_ROW = 5
CLAIMS_OF_AN_ITEM = 4

DISCOVERIES = Queue("crm.discoveries", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
WINDOWS = Queue("crm.windows", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
CHUNKS = Queue("crm.chunks", blocks=True, attempts=CLAIMS_OF_AN_ITEM)

# Rows stamped this long before the watermark are read again, for those that became visible late;
# the version guard makes meeting a row twice harmless.
OVERLAP = timedelta(minutes=10)


class WindowKind(StrEnum):
    """Why a window is read."""

    HISTORY = "history"
    INCREMENTAL = "incremental"
    REFRESH = "refresh"
    REREAD = "reread"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants of a connection: everything due, or a part of it again.

    `objects` are canonical names, empty for all; `since` and `until` are given for a reread only.
    """

    kind: WindowKind = WindowKind.INCREMENTAL
    objects: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None

    def wants(self, canonical: str) -> bool:
        """Say whether an object is meant."""
        return not self.objects or canonical in self.objects


@dataclass(frozen=True, slots=True)
class WindowTask:
    """The payload of a window: which object of which connection, and why."""

    workspace: str
    connection: str
    source: str
    canonical: str
    kind: WindowKind
    since: str | None = None
    until: str | None = None

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read the payload of an item."""
        return cls(**{**item.payload, "kind": WindowKind(item.payload["kind"])})

    @property
    def dataset(self) -> str:
        """Return the lake prefix of the raw rows."""
        place = f"workspace={self.workspace}/connection={self.connection}/source={self.source}"
        return f"crm_raw/{self.canonical}/{place}"

    def item(self, key: str, work_class: WorkClass) -> NewItem:
        """Return the window as new work."""
        lane = lane_of(self.connection, self.source)
        return NewItem(WINDOWS, scope_of(self.workspace), lane, key, asdict(self), work_class)


def scope_of(workspace: str) -> str:
    """Return the scope that one run drains: the CRM work of a workspace."""
    return f"crm/{workspace}"


def workspace_of(scope: str) -> str:
    """Return the workspace of a scope."""
    return scope.removeprefix("crm/")


def lane_of(connection: str, source: str) -> str:
    """Return the lane of an object: its windows go one after the other."""
    return f"{connection}/{source}"


def discovery(workspace: str, connection: str, key: str, work_class: WorkClass, request: Request) -> NewItem:
    """Return the work of finding out which windows a request means."""
    payload: Mapping[str, Any] = {"workspace": workspace, "connection": connection, **asdict(request)}
    return NewItem(DISCOVERIES, scope_of(workspace), connection, key, payload, work_class)


def moment(text: str) -> datetime:
    """Read an ISO time."""
    return datetime.fromisoformat(text)
