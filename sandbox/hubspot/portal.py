"""What a portal does for whoever serves it: types, pages, search, writes, associations, truth.

Belongs here: the protocol between the HTTP interface and the records.
Does not: what these are made of (`sandbox.hubspot.model`), records (`sandbox.hubspot.records`), the folder of portals
(`sandbox.hubspot.portals`), status codes and URLs (`sandbox.hubspot.http`).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sandbox.hubspot.model import (
    Change,
    Edge,
    Found,
    Label,
    ObjectType,
    Owner,
    Page,
    Pipeline,
    Property,
    Record,
    Search,
)


class Portal(Protocol):
    """One HubSpot account. Every method may be called from several threads; a write is durable when it returns."""

    @property
    def name(self) -> str:
        """The account's name in the sandbox, such as `globex`."""
        ...

    @property
    def hub_id(self) -> int:
        """The number of the account."""
        ...

    def now(self) -> int:
        """The portal's server clock."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass on the portal's clock; durable. The index catches up with what has become old enough."""
        ...

    def set_index_lag(self, seconds: float) -> None:
        """Say how long a change stays unseen by search; durable."""
        ...

    def types(self) -> Sequence[ObjectType]:
        """Every type of object, HubSpot's own first."""
        ...

    def type(self, name: str) -> ObjectType:
        """Return a type by name, singular, id (`0-1`) or fully qualified name, in any case.

        Raises:
            Refused: 400, `Unable to infer object type from: …`.
        """
        ...

    def page(self, kind: ObjectType, after: int, limit: int, names: Sequence[str], *, archived: bool) -> Page:
        """Return records whose id is `after` or larger, ascending; archived ones only, or none of them."""
        ...

    def read(self, kind: ObjectType, ids: Sequence[int], names: Sequence[str], *, archived: bool) -> Page:
        """Return those of the named records that are there, each once; an id that was merged away is not there."""
        ...

    def get(self, kind: ObjectType, record_id: int) -> Record | None:
        """Return a record, archived or not; an id that was merged away gives the record that it was merged into."""
        ...

    def find(self, kind: ObjectType, name: str, value: str) -> int | None:
        """Return the id of the record that has a value in a unique property."""
        ...

    def history(self, kind: ObjectType, record_id: int, name: str) -> Sequence[tuple[int, str]]:
        """Return (moment, value) of a property, the newest first."""
        ...

    def search(self, kind: ObjectType, search: Search, offset: int, limit: int, names: Sequence[str]) -> Found:
        """Return what the index, which lags behind, knows of a search; archived records never.

        Arithmetic when only `hs_object_id` and the stamp are compared and ids sort the result.
        """
        ...

    def writing(self) -> AbstractContextManager[None]:
        """Let all that the block does be durable together; nobody else writes meanwhile."""
        ...

    def live(self, kind: ObjectType, record_id: int) -> bool:
        """Return whether a record is there, and not archived; an id that was merged away is not."""
        ...

    def write(self, kind: ObjectType, changes: Sequence[Change]) -> Sequence[int]:
        """Create and update records, all with one stamp; return their ids.

        Raises:
            Refused: An unknown property, a value that its property cannot hold, a unique value that is taken,
                a record that is not there. Nothing is written then.
        """
        ...

    def archive(self, kind: ObjectType, ids: Sequence[int]) -> None:
        """Archive records; those that are not there are passed over."""
        ...

    def restore(self, kind: ObjectType, ids: Sequence[int]) -> None:
        """Take records out of the recycle bin, as a person does in HubSpot's pages; there is no API for it."""
        ...

    def merge(self, kind: ObjectType, primary: int, other: int) -> Record:
        """Merge two records into a new one with a new id, to which both old ids lead from then on.

        Raises:
            Refused: One of them is not there.
        """
        ...

    def erase(self, kind: ObjectType, record_id: int) -> None:
        """Remove a record for good, as the law wants it: it is in no list, archived or not."""
        ...

    def associated(self, kind: ObjectType, ids: Sequence[int], to: ObjectType) -> Mapping[int, Sequence[Edge]]:
        """Return the edges of records towards a type, ascending by id; records without edges are left out."""
        ...

    def associate(self, kind: ObjectType, record_id: int, to: ObjectType, edge: Edge) -> None:
        """Make an edge, or set its labels anew."""
        ...

    def dissociate(self, kind: ObjectType, record_id: int, to: ObjectType, to_id: int) -> None:
        """Remove an edge."""
        ...

    def labels(self, kind: ObjectType, to: ObjectType) -> Sequence[Label]:
        """Return the types that an edge between two types may have."""
        ...

    def owners(self) -> Sequence[Owner]:
        """Every owner, archived ones too, ascending by id."""
        ...

    def pipelines(self, kind: ObjectType) -> Sequence[Pipeline]:
        """The pipelines of a type, none for most types."""
        ...

    def add_property(self, kind: ObjectType, made: Property) -> None:
        """Give a type a property; durable.

        Raises:
            Refused: 409, it exists.
        """
        ...

    def remove_property(self, kind: ObjectType, name: str) -> None:
        """Take a property away, with its values; durable."""
        ...

    def truth(self, kind: ObjectType) -> Iterator[Record]:
        """Every record, archived ones too, all properties that have values, ascending by id."""
        ...

    def merged(self, kind: ObjectType) -> Mapping[int, int]:
        """Which ids were merged away, and into which record each leads now."""
        ...
