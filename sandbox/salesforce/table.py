"""One object's records, however they come to be: generated, loaded, later changed on top of either.

Belongs here: the protocol between the queries and the records.
Does not: a record. A handle stands for a row (an index, a tuple of texts); only its table can read it.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle

Handle = TypeVar("Handle")


class Table(Protocol[Handle]):
    """Records in the plane of stamp and id. Safe to use from several threads."""

    @property
    def sobject(self) -> SObjectType:
        """What describe says of it."""
        ...

    def count(self, part: Rectangle, *, deleted: bool) -> int:
        """Count the rows of a part; the deleted ones only when asked for."""
        ...

    def scan(self, part: Rectangle, order: Order, *, deleted: bool) -> Iterator[Handle]:
        """Yield the rows of a part in an order, in constant memory, beginning at once."""
        ...

    def find(self, id15: str) -> Handle | None:
        """Return the row of an id, deleted or not."""
        ...

    def key(self, handle: Handle) -> Key:
        """Return where a row stands."""
        ...

    def columns(self, handles: Sequence[Handle], names: Sequence[str]) -> list[list[JsonValue]]:
        """Return one list per field, names in their canonical spelling; by column, because that is fast."""
        ...
