"""The rows of one request as they will be, which nobody else sees before they are kept.

Belongs here: reading rows through what the request wrote so far. Does not: what may be written (`writer`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sandbox.salesforce.ids import to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.living.row import PURGED, Changed
from sandbox.salesforce.moments import to_json
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.writing.wishes import Refusal


@cache
def keys_of(sobject: SObjectType) -> tuple[str, ...]:
    """Return the fields by which rows of an object may be named, or of which no two rows may have the same."""
    return tuple(field.name for field in sobject.fields if field.external_id or field.unique)


class Draft:
    """What one request has written. The living records stay as they are meanwhile: the caller keeps others away.

    Args:
        living: The org's records.
        sobjects: Its objects as whoever writes sees them, by their name in lower case.
        late: How many seconds ago the request began.
    """

    def __init__(self, living: Living, sobjects: Mapping[str, SObjectType], late: float) -> None:
        self.living = living
        self._sobjects = sobjects
        self.now = living.now() - int(late) * 1_000
        self._rows: dict[tuple[str, str], Changed] = {}
        self._known: dict[tuple[str, str], Changed | None] = {}
        self._keyed: dict[tuple[str, str, str], list[str]] = {}
        self._last: dict[str, str] = {}

    @property
    def moment(self) -> str:
        """The stamp of all that it writes, as replies have it."""
        return to_json(self.now)

    def row(self, name: str, id15: str) -> Changed | None:
        """Return a row as it is in this request; None if it was never there, or is there no more."""
        place = (name, id15)
        if place not in self._rows and place not in self._known:
            self._known[place] = self.living.current(name, id15)
        row = self._rows.get(place) or self._known.get(place)
        return None if row is None or row.state == PURGED else row

    def values(self, name: str, row: Changed, fields: Sequence[str]) -> dict[str, JsonValue]:
        """Return what some fields of a row hold."""
        columns = self.living.tables[name].columns([row], fields)
        return {field: column[0] for field, column in zip(fields, columns, strict=True)}

    def holders(self, name: str, field: str, value: str) -> list[Changed]:
        """Return the rows that are not deleted and have a text in a field, whatever its case."""
        wanted, below = value.casefold(), self.living.tables[name].holders(field, value)
        mine = self._keyed.get((name, field, wanted), ())
        rows = (self.row(name, id15) for id15 in dict.fromkeys([*below, *mine]))
        live = [row for row in rows if row is not None and not row.deleted]
        return [row for row in live if str(row.values.get(field, value)).casefold() == wanted]

    def new_id(self, name: str) -> str:
        """Return the id of a row that is made."""
        self._last[name] = self.living.new_id(name, self._last.get(name, ""))
        return self._last[name]

    def put(self, name: str, row: Changed) -> None:
        """Let a row be as it is given.

        Raises:
            Refusal: An open transaction of somebody else holds it.
        """
        self.need_lock(row.id)
        self._rows[name, row.id] = row
        for field in keys_of(self._sobjects.get(name.lower(), self.living.sobject(name))):
            value = row.values.get(field)
            if isinstance(value, str):
                self._keyed.setdefault((name, field, value.casefold()), []).append(row.id)

    def change(self, name: str, row: Changed, values: Mapping[str, JsonValue], *, deleted: bool = False) -> None:
        """Change a row.

        Raises:
            Refusal: An open transaction of somebody else holds it.
        """
        stamp, own = max(self.now, row.stamp), {**row.values, **values}
        self.put(name, replace(row, stamp=stamp, deleted=deleted, values=own))

    def need_lock(self, id15: str) -> None:
        """Make sure that nobody else is writing to a row.

        Raises:
            Refusal: An open transaction of somebody else holds it.
        """
        if self.living.overlay.holder(id15) is not None:
            told = f"unable to obtain exclusive access to this record or 1 records: {to18(id15)}"
            raise Refusal("UNABLE_TO_LOCK_ROW", told)

    def keep(self, marks: Mapping[str, list[Any]]) -> None:
        """Make it durable, and seen by everybody, together with marks."""
        if self._rows or marks:
            self.living.write([(name, row) for (name, _), row in self._rows.items()], marks)
