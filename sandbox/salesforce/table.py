"""One object's records, however they come to be: generated, loaded, later changed on top of either.

Belongs here: the protocol between the queries and the records.
Does not: a record. A handle stands for a row (an index, a tuple of texts); only its table can read it.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol, TypeVar

import pyarrow as pa

from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle

Handle = TypeVar("Handle")

_BLOCK = 2_000


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

    def blocks(self, part: Rectangle, order: Order, *, deleted: bool, size: int) -> Iterator[Sequence[Handle]]:
        """Yield what `scan` yields, up to `size` rows at a time; a block may be empty."""
        yield from batched(self.scan(part, order, deleted=deleted), size)

    def find(self, id15: str) -> Handle | None:
        """Return the row of an id, deleted or not."""
        ...

    def holders(self, name: str, value: str) -> list[str]:
        """Return the 15-character ids of the rows that have a text in a field, whatever its case, deleted or not."""
        wanted = value.casefold()
        found = []
        for block in self.blocks(Rectangle(), Order.ID, deleted=True, size=_BLOCK):
            (values,) = self.columns(block, [name])
            pairs = zip(block, values, strict=True)
            found += [self.key(row)[1] for row, text in pairs if isinstance(text, str) and text.casefold() == wanted]
        return found

    def moment(self) -> int:
        """Return as of which moment it is read, a number that means something to the table alone."""
        return 0

    def pinned(self, moment: int) -> "Table[Handle]":  # noqa: ARG002 # most tables never change
        """Return it as of a moment, whatever happens later."""
        return self

    def purged(self, since: int, until: int) -> list[tuple[str, int]]:  # noqa: ARG002 # most tables know of none
        """Return ids and moments of the deletions in [since, until) milliseconds whose rows are in no recycle bin."""
        return []

    def key(self, handle: Handle) -> Key:
        """Return where a row stands."""
        ...

    def columns(self, handles: Sequence[Handle], names: Sequence[str]) -> list[list[JsonValue]]:
        """Return one list per field, names in their canonical spelling; by column, because that is fast."""
        ...

    def texts(self, handles: Sequence[Handle], names: Sequence[str]) -> list[pa.Array]:
        """Return one array of texts per field, in the form in which the Bulk API prints it in CSV.

        Null and the empty text are null; `true`, `2022-01-02T17:38:59.000Z`, `2022-01-02`, `10.0`, `10`.

        Raises:
            ValueError: A field is compound, for which the Bulk API has no form.
        """
        kinds = {field.name: field.type for field in self.sobject.fields}
        columns = zip(names, self.columns(handles, names), strict=True)
        return [pa.array([_text(kinds[name], value) for value in values], pa.string()) for name, values in columns]


def batched(handles: Iterator[Handle], size: int) -> Iterator[list[Handle]]:
    """Yield handles as lists of up to `size`, none of them empty."""
    while batch := list(islice(handles, size)):
        yield batch


def _text(kind: str, value: JsonValue) -> str | None:
    if isinstance(value, dict):
        raise ValueError("a compound field has no text: select its parts")  # noqa: TRY004 # the field is at fault
    if isinstance(value, bool):
        return str(value).lower()
    if kind == "datetime" and isinstance(value, str):
        return value.replace("+0000", "Z")
    return None if value is None else str(value) or None
