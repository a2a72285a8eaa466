"""The work of CRM sync as the ledger keeps it: discoveries, windows and chunks.

Belongs here: the queues, the names of scopes and lanes, and what a payload holds.
Does not: doing the work (`crm.sync.discovery`, `crm.sync.windows`, `crm.sync.chunks`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from nooks_dagster.crm.model import Volatile
from nooks_dagster.ledger.items import Item, NewItem, Queue, WorkClass

# One retry budget (I6): a request is sent at most 5 x 4 = 20 times, then its lane is blocked and somebody sees it.
SENDS_IN_A_ROW = 5
CLAIMS_OF_AN_ITEM = 4

DISCOVERIES = Queue("crm.discoveries", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
WINDOWS = Queue("crm.windows", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
# Apart from the windows: a rebuild asks the source nothing, so it does not wait for one that the source holds up.
REBUILDS = Queue("crm.rebuilds", blocks=True, attempts=CLAIMS_OF_AN_ITEM)
# Apart from the windows: one that a person must confirm first holds up nothing that is new.
SWEEPS = Queue("crm.sweeps", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
COMPACTIONS = Queue("crm.compactions", serial=True, blocks=True, attempts=CLAIMS_OF_AN_ITEM)
CHUNKS = Queue("crm.chunks", blocks=True, attempts=CLAIMS_OF_AN_ITEM)

RAW = "crm_raw/"  # below it lie the raw rows of all objects

# Rows stamped this long before the watermark are read again, for those that became visible late;
# the version guard makes meeting a row twice harmless.
OVERLAP = timedelta(minutes=10)

IDS = "ids"
DEPTHS = (IDS, *Volatile)  # of a sweep: each compares ids, stamps and marks of deletion; the others values besides


class WindowKind(StrEnum):
    """Why a window is read."""

    HISTORY = "history"
    INCREMENTAL = "incremental"
    REFRESH = "refresh"
    REREAD = "reread"
    REBUILD = "rebuild"
    LATE = "late"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody wants of a connection: everything due, or a part of it again.

    `objects` are canonical names, empty for all; `since` and `until` are given for a reread only, `sweep` for a sweep:
    its depths. `confirmed` lets the deletions go on that wait for a person.
    """

    kind: WindowKind = WindowKind.INCREMENTAL
    objects: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    sweep: tuple[str, ...] = ()
    confirmed: bool = False

    def wants(self, canonical: str) -> bool:
        """Say whether an object is meant."""
        return not self.objects or canonical in self.objects

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Return what a run for it drains, in the order of claiming: a rebuild needs no source, so it meets none."""
        if self.kind is WindowKind.REBUILD:
            return REBUILDS, CHUNKS
        return DISCOVERIES, REBUILDS, WINDOWS, SWEEPS, CHUNKS


@dataclass(frozen=True, slots=True)
class RawDataset:
    """The raw rows of one source object in the lake."""

    canonical: str
    workspace: str
    connection: str
    source: str

    @property
    def prefix(self) -> str:
        """Return its folder."""
        return f"{RAW}{self.canonical}/{self.place}"

    @property
    def place(self) -> str:
        """Return its folder below that of its canonical object."""
        return f"workspace={self.workspace}/connection={self.connection}/source={self.source}"

    @classmethod
    def of(cls, prefix: str) -> Self:
        """Read the name of its folder."""
        _, canonical, *places = prefix.split("/")
        return cls(canonical, *(place.partition("=")[2] for place in places))


@dataclass(frozen=True, slots=True)
class WindowTask:
    """The payload of a window: which object of which connection, and why.

    `due` is when the start that it belongs to fell due: it reads no further than that.
    `hours` is how far a late pass looks back. `sweep` are the depths of a sweep; without any nothing is listed, for
    every row has just been read: what was last seen before `until` is missing. `confirmed` is how many rows may go.
    """

    workspace: str
    connection: str
    source: str
    canonical: str
    kind: WindowKind
    since: str | None = None
    until: str | None = None
    due: str | None = None
    hours: int = 0
    sweep: tuple[str, ...] = ()
    confirmed: int = 0

    @classmethod
    def of(cls, item: Item) -> Self:
        """Read the payload of an item."""
        words = {"kind": WindowKind(item.payload["kind"]), "sweep": tuple(item.payload.get("sweep", ()))}
        return cls(**{**item.payload, **words})

    @property
    def dataset(self) -> str:
        """Return the lake prefix of the raw rows."""
        return self.raw.prefix

    @property
    def raw(self) -> RawDataset:
        """Return the raw rows."""
        return RawDataset(self.canonical, self.workspace, self.connection, self.source)

    @property
    def queue(self) -> Queue:
        """Return where it waits for its turn."""
        return {WindowKind.REBUILD: REBUILDS, WindowKind.SWEEP: SWEEPS}.get(self.kind, WINDOWS)

    @property
    def lane(self) -> str:
        """Return its lane: a click hurries the windows of an object, and confirms none of its deletions."""
        lane = sweep_lane_of if self.kind is WindowKind.SWEEP else lane_of
        return lane(self.connection, self.source)

    def item(self, key: str, work_class: WorkClass) -> NewItem:
        """Return the window as new work."""
        return NewItem(self.queue, scope_of(self.workspace), self.lane, key, asdict(self), work_class)


def scope_of(workspace: str) -> str:
    """Return the scope that one run drains: the CRM work of a workspace."""
    return f"crm/{workspace}"


def lane_of(connection: str, source: str) -> str:
    """Return the lane of an object: its windows go one after the other."""
    return f"{connection}/{source}"


def sweep_lane_of(connection: str, source: str) -> str:
    """Return the lane of an object's sweeps."""
    return f"{lane_of(connection, source)}:sweep"


def discovery(workspace: str, connection: str, key: str, work_class: WorkClass, request: Request) -> NewItem:
    """Return the work of finding out which windows a request means."""
    payload: Mapping[str, Any] = {"workspace": workspace, "connection": connection, **asdict(request)}
    return NewItem(DISCOVERIES, scope_of(workspace), connection, key, payload, work_class)


def start(workspace: str, connection: str, due: datetime) -> NewItem:
    """Return a start by the clock: finding out which windows bring a connection up to date, when that falls due."""
    found = discovery(workspace, connection, f"due:{due.isoformat()}", WorkClass.INCREMENTAL, Request())
    return replace(found, payload={**found.payload, "due": due.isoformat()}, due_at=due)


def moment(text: str) -> datetime:
    """Read an ISO time."""
    return datetime.fromisoformat(text)
