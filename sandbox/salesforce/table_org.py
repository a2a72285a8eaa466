"""An org over tables, whatever kind they are of.

Belongs here: describe, queries, single records, change feeds, truth and the clock, all in terms of tables.
Does not: where tables come from (`sandbox.salesforce.orgs`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sandbox.salesforce.ids import to15
from sandbox.salesforce.moments import of_datetime, to_datetime
from sandbox.salesforce.org import Query, Row, SObjectType, SoqlError
from sandbox.salesforce.query import TableQuery
from sandbox.salesforce.region import Order, Rectangle
from sandbox.salesforce.soql.check import check
from sandbox.salesforce.table import Table

_BATCH = 1_000
_MOST_IDS = 600_000
"""What getUpdated and getDeleted return at most."""


class TableOrg:
    """A `sandbox.salesforce.org.Org`.

    Args:
        name: The org's name.
        tables: Its objects.
        skew: How far its clock is behind the machine's.
    """

    def __init__(self, name: str, tables: Sequence[Table[Any]], skew: timedelta) -> None:
        self._name = name
        self._tables = {table.sobject.name.lower(): table for table in tables}
        self._sobjects = {key: table.sobject for key, table in self._tables.items()}
        self._skew = skew

    @property
    def name(self) -> str:
        """The org's name."""
        return self._name

    def now(self) -> datetime:
        """The org's clock: the machine's minus the skew."""
        return datetime.now(UTC) - self._skew

    def covered_until(self) -> datetime:
        """`latestDateCovered`: now, as no transaction is open here."""
        return self.now()

    def sobjects(self) -> Sequence[SObjectType]:
        """Every object, sorted by name."""
        return sorted(self._sobjects.values(), key=lambda sobject: sobject.name)

    def sobject(self, name: str) -> SObjectType:
        """Return one object, its name in any case.

        Raises:
            SoqlError: NOT_FOUND.
        """
        return self._table(name).sobject

    def query(self, soql: str, *, include_deleted: bool) -> Query:
        """Parse and check a query.

        Raises:
            SoqlError: As Salesforce words it.
        """
        checked = check(soql, self._sobjects)
        table = self._tables[checked.sobject.name.lower()]
        return TableQuery(checked, table, include_deleted=include_deleted)

    def count(self, name: str) -> int:
        """Rows of an object that are not deleted."""
        return self._table(name).count(Rectangle(), deleted=False)

    def get(self, name: str, record_id: str) -> Row | None:
        """Return all fields of a record, deleted or not."""
        table, id15 = self._table(name), to15(record_id)
        handle = None if id15 is None else table.find(id15)
        return None if handle is None else _rows(table, [handle])[0]

    def updated(self, name: str, start: datetime, end: datetime) -> list[str]:
        """Ids of the rows that are not deleted and changed in [start, end).

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        return [record_id for record_id, _, is_deleted in self._changes(name, start, end) if not is_deleted]

    def deleted(self, name: str, start: datetime, end: datetime) -> list[tuple[str, datetime]]:
        """Ids and times of the rows that were deleted in [start, end).

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        changes = self._changes(name, start, end)
        return [(record_id, to_datetime(stamp)) for record_id, stamp, is_deleted in changes if is_deleted]

    def truth(self, name: str) -> Iterator[Row]:
        """Every row, deleted ones in the bin included, all fields, ascending by Id."""
        table = self._table(name)
        handles = table.scan(Rectangle(), Order.ID, deleted=True)
        while batch := list(islice(handles, _BATCH)):
            yield from _rows(table, batch)

    def _changes(self, name: str, start: datetime, end: datetime) -> Iterator[tuple[str, int, bool]]:
        """Yield id, stamp in milliseconds, and whether it is deleted, of all that changed in [start, end)."""
        table = self._table(name)
        part = Rectangle(since=of_datetime(start), until=of_datetime(end))
        if table.count(part, deleted=True) > _MOST_IDS:
            raise SoqlError("EXCEEDED_ID_LIMIT", f"more than {_MOST_IDS} records changed; ask for a shorter time")
        handles = table.scan(part, Order.ID, deleted=True)
        while batch := list(islice(handles, _BATCH)):
            ids, flags = table.columns(batch, ["Id", "IsDeleted"])
            for handle, record_id, flag in zip(batch, ids, flags, strict=True):
                yield str(record_id), table.key(handle)[0], bool(flag)

    def _table(self, name: str) -> Table[Any]:
        table = self._tables.get(name.lower())
        if table is None:
            raise SoqlError("NOT_FOUND", "The requested resource does not exist")
        return table


def _rows(table: Table[Any], handles: Sequence[Any]) -> list[Row]:
    names = [field.name for field in table.sobject.fields]
    columns = table.columns(handles, names)
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
