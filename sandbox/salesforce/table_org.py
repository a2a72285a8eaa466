"""An org over tables, whatever kind they are of.

Belongs here: describe, queries, single records, change feeds, truth and the clock, all in terms of tables.
Does not: where tables come from (`sandbox.salesforce.orgs`).
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.living.changes import Living
from sandbox.salesforce.moments import of_datetime, to_datetime
from sandbox.salesforce.org import Query, Row, SObjectType, SoqlError
from sandbox.salesforce.query import TableQuery
from sandbox.salesforce.region import Order, Rectangle
from sandbox.salesforce.soql.check import check
from sandbox.salesforce.table import Table
from sandbox.salesforce.writing.wishes import EACH, Manner, Outcome, Wish, read_outcome
from sandbox.salesforce.writing.writer import Writer

_BATCH = 2_000
_MOST_IDS = 600_000
"""What getUpdated and getDeleted return at most."""


class TableOrg:
    """A `sandbox.salesforce.org.Org`.

    Args:
        name: The org's name.
        tables: Its objects.
        clock: Its server clock.
        covered: Tells up to when all that was stamped can be seen; by default, that is always.
        living: What clients write to; without it, they cannot.
    """

    def __init__(
        self,
        name: str,
        tables: Sequence[Table[Any]],
        clock: Callable[[], datetime],
        covered: Callable[[], datetime] | None = None,
        living: Living | None = None,
    ) -> None:
        self._name = name
        self._tables = {table.sobject.name.lower(): table for table in tables}
        self._sobjects = {key: table.sobject for key, table in self._tables.items()}
        self._clock = clock
        self._covered = covered or clock
        self._living = living

    @property
    def name(self) -> str:
        """The org's name."""
        return self._name

    def now(self) -> datetime:
        """The org's server clock."""
        return self._clock()

    def covered_until(self) -> datetime:
        """`latestDateCovered`: now, or the start of the oldest transaction that is still open."""
        return self._covered()

    def sobjects(self) -> Sequence[SObjectType]:
        """Every object, sorted by name."""
        return sorted(self._sobjects.values(), key=lambda sobject: sobject.name)

    def sobject(self, name: str) -> SObjectType:
        """Return one object, its name in any case.

        Raises:
            SoqlError: NOT_FOUND.
        """
        return self._table(name).sobject

    def query(self, soql: str, *, include_deleted: bool, moment: int | None = None) -> Query:
        """Parse and check a query.

        Raises:
            SoqlError: As Salesforce words it.
        """
        checked = check(soql, self._sobjects)
        table = self._tables[checked.sobject.name.lower()]
        as_of = table.moment() if moment is None else moment
        return TableQuery(checked, table.pinned(as_of), as_of, include_deleted=include_deleted)

    def count(self, name: str) -> int:
        """Rows of an object that are not deleted."""
        return self._table(name).count(Rectangle(), deleted=False)

    def get(self, name: str, record_id: str) -> Row | None:
        """Return all fields of a record, deleted or not."""
        table, id15 = self._table(name), to15(record_id)
        handle = None if id15 is None else table.find(id15)
        return None if handle is None else _rows(table, [handle])[0]

    def write(self, wishes: Sequence[Wish], user: str, manner: Manner = EACH) -> Sequence[Outcome]:
        """Grant what a user wants of records.

        Raises:
            SoqlError: INSUFFICIENT_ACCESS_OR_READONLY where nobody can write.
        """
        if self._living is None:
            raise SoqlError("INSUFFICIENT_ACCESS_OR_READONLY", "this org is read only")
        return Writer(self._living, self._sobjects, user).write(wishes, manner)

    def marked(self, mark: str) -> Sequence[Outcome]:
        """Return what came of a part of a job."""
        if self._living is None:
            return []
        with self._living.overlay.reading():
            return [read_outcome(each) for each in self._living.overlay.marks.get(mark, ())]

    def named(self, name: str, field: str, value: str) -> list[str]:
        """Return the ids of the rows that are not deleted and have a text in a field.

        Raises:
            SoqlError: NOT_FOUND for a field by which no row can be named.
        """
        table = self._table(name)
        known = next((each for each in table.sobject.fields if each.name.lower() == field.lower()), None)
        if known is None or not known.external_id:
            told = f"Provided external ID field does not exist or is not accessible: {field}"
            raise SoqlError("NOT_FOUND", told)
        handles = [handle for id15 in table.holders(known.name, value) if (handle := table.find(id15)) is not None]
        ids, gone = table.columns(handles, ["Id", "IsDeleted"]) if handles else ([], [])
        return [str(record_id) for record_id, deleted in zip(ids, gone, strict=True) if not deleted]

    def updated(self, name: str, start: datetime, end: datetime) -> list[str]:
        """Ids of the rows that are not deleted and changed in [start, end).

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        return [record_id for record_id, _, is_deleted in self._changes(name, start, end) if not is_deleted]

    def deleted(self, name: str, start: datetime, end: datetime) -> list[tuple[str, datetime]]:
        """Ids and times of the rows that were deleted in [start, end), in the recycle bin or not.

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        in_bin = {record_id: stamp for record_id, stamp, gone in self._changes(name, start, end) if gone}
        purged = self._table(name).purged(of_datetime(start), of_datetime(end))
        deleted = in_bin | {to18(id15): stamp for id15, stamp in purged}
        return [(record_id, to_datetime(stamp)) for record_id, stamp in sorted(deleted.items())]

    def truth(self, name: str) -> Iterator[Row]:
        """Every row, deleted ones in the bin included, all fields, ascending by Id."""
        table = self._table(name)
        for block in table.blocks(Rectangle(), Order.ID, deleted=True, size=_BATCH):
            yield from _rows(table, block)

    def _changes(self, name: str, start: datetime, end: datetime) -> Iterator[tuple[str, int, bool]]:
        """Yield id, stamp in milliseconds, and whether it is deleted, of all that changed in [start, end)."""
        table = self._table(name)
        part = Rectangle(since=of_datetime(start), until=of_datetime(end))
        if table.count(part, deleted=True) > _MOST_IDS:
            raise SoqlError("EXCEEDED_ID_LIMIT", f"more than {_MOST_IDS} records changed; ask for a shorter time")
        for block in table.blocks(part, Order.ID, deleted=True, size=_BATCH):
            ids, flags = table.columns(block, ["Id", "IsDeleted"])
            for handle, record_id, flag in zip(block, ids, flags, strict=True):
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
