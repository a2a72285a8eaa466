"""A loaded object as a table: handles are the rows of SQLite, texts that become JSON when they are answered.

Belongs here: rectangles and orders as SQL. Does not: making the file (`sandbox.salesforce.export.load`).
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sandbox.salesforce.export.values import to_value
from sandbox.salesforce.org import Field, JsonValue, SObjectType
from sandbox.salesforce.region import Key, Order, Rectangle
from sandbox.salesforce.table import Table

Stored = tuple[Any, ...]
"""Id, stamp, deleted, then one text per field."""

_WITHIN = "stamp >= ? AND stamp < ? AND id >= ? AND id < ? AND deleted <= ?"
_ORDERS = {
    Order.ID: "id",
    Order.ID_DESCENDING: "id DESC",
    Order.STAMP: "stamp, id",
    Order.STAMP_DESCENDING: "stamp DESC, id DESC",
}


class LoadedTable(Table[Stored]):
    """A table whose handles are stored rows."""

    def __init__(
        self, database: sqlite3.Connection, position: int, sobject: SObjectType, stored: Sequence[str]
    ) -> None:
        self._database = database
        self._rows = f"rows{position}"
        self._sobject = sobject
        kinds = {field.name: field.type for field in sobject.fields}
        self._fields = {name: (place, kinds[name]) for place, name in enumerate(stored, 3)}

    @property
    def sobject(self) -> SObjectType:
        """What describe says of it."""
        return self._sobject

    def count(self, part: Rectangle, *, deleted: bool) -> int:
        """Count by index."""
        query = f"SELECT COUNT(*) FROM {self._rows} WHERE {_WITHIN}"  # noqa: S608 # our own names
        found: int = self._database.execute(query, _bounds(part, deleted)).fetchone()[0]
        return found

    def scan(self, part: Rectangle, order: Order, *, deleted: bool) -> Iterator[Stored]:
        """Read a part by index, a few rows at a time."""
        query = f"SELECT * FROM {self._rows} WHERE {_WITHIN} ORDER BY {_ORDERS[order]}"  # noqa: S608 # our own names
        yield from self._database.execute(query, _bounds(part, deleted))

    def find(self, id15: str) -> Stored | None:
        """Return the row of an id."""
        query = f"SELECT * FROM {self._rows} WHERE id = ?"  # noqa: S608 # our own names
        found: Stored | None = self._database.execute(query, (id15,)).fetchone()
        return found

    def key(self, handle: Stored) -> Key:
        """Return where a row stands."""
        return handle[1], handle[0]

    def columns(self, handles: Sequence[Stored], names: Sequence[str]) -> list[list[JsonValue]]:
        """Turn texts into values of their types."""
        chosen = [self._fields[name] for name in names]
        return [[to_value(kind, handle[place]) for handle in handles] for place, kind in chosen]


def loaded_tables(file: Path) -> list[LoadedTable]:
    """Return every object of a file of records; one read-only connection serves all threads."""
    database = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True, check_same_thread=False)
    rows = database.execute("SELECT position, description, stored FROM sobjects ORDER BY position").fetchall()
    return [
        LoadedTable(database, position, _sobject(json.loads(description)), json.loads(stored))
        for position, description, stored in rows
    ]


def _sobject(description: dict[str, Any]) -> SObjectType:
    """Read what describe says back; JSON knows no tuples."""
    fields = tuple(Field(**_with_tuples(field)) for field in description["fields"])
    return SObjectType(**{**description, "fields": fields})


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _bounds(part: Rectangle, deleted: bool) -> tuple[int, int, str, str, bool]:
    return part.since, part.until, part.first, part.last, deleted
