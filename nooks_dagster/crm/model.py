"""The words of CRM sync that engine and connectors share: fields, source objects, windows, chunks.

Belongs here: plain values without behaviour. Does not: any API call or SQL.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

import pyarrow as pa


class FieldType(StrEnum):
    """How a source value is kept in the lake and in Postgres."""

    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TIMESTAMP = "timestamp"

    @property
    def arrow(self) -> pa.DataType:
        """Return the Arrow type; timestamps are UTC microseconds."""
        return _ARROW[self]

    @property
    def postgres(self) -> str:
        """Return the Postgres type; numbers are `numeric`, so that no digit is lost past the API's own."""
        return _POSTGRES[self]

    def fits(self, column: "FieldType") -> bool:
        """Say whether a column of that type can hold a value of this one."""
        return self is column or (self is FieldType.INTEGER and column is FieldType.NUMBER)


_ARROW: Mapping[FieldType, pa.DataType] = {
    FieldType.TEXT: pa.string(),
    FieldType.BOOLEAN: pa.bool_(),
    FieldType.INTEGER: pa.int64(),
    FieldType.NUMBER: pa.float64(),
    FieldType.DATE: pa.date32(),
    FieldType.TIMESTAMP: pa.timestamp("us", tz="UTC"),
}
_POSTGRES: Mapping[FieldType, str] = {
    FieldType.TEXT: "text",
    FieldType.BOOLEAN: "boolean",
    FieldType.INTEGER: "bigint",
    FieldType.NUMBER: "numeric",
    FieldType.DATE: "date",
    FieldType.TIMESTAMP: "timestamptz",
}


class Volatile(StrEnum):
    """Why a field may change while the stamp of its row stands still."""

    CALCULATED = "calculated"
    """The CRM works it out when it is read: a formula, a roll-up, a calculated property."""
    ASSOCIATIONS = "associations"
    """Edges of the row, which others may draw and cut."""


@dataclass(frozen=True, slots=True)
class SourceField:
    """One field of an object as the CRM describes it; `volatile` if its stamp does not tell all its changes."""

    name: str
    type: FieldType
    custom: bool = False
    volatile: Volatile | None = None


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object of a CRM: what it is called there, what it is here, and how its rows are told apart.

    `canonical` is a key of `crm.canonical.OBJECTS`; `stamp` is the field that moves with every change;
    `deleted` is the field that marks a row in the recycle bin, when the source has one;
    `columns` names the source field of each typed column that this org fills;
    `merged_into` is the field that names the record that a deleted row was merged into, when the source has one;
    `deleted_at` is the field that says when a row was deleted, when that does not move its stamp;
    `whole` is set when every window reads every row, `lags` when the source does not say how late a change may show.
    """

    name: str
    canonical: str
    fields: tuple[SourceField, ...]
    key: str
    stamp: str
    deleted: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    merged_into: str | None = None
    deleted_at: str | None = None
    whole: bool = False
    lags: bool = False

    def with_only(self, names: Collection[str]) -> "SourceObject":
        """Return the object without the fields that are not named; key and stamp must be."""
        return replace(
            self,
            fields=tuple(field for field in self.fields if field.name in names),
            deleted=self.deleted if self.deleted in names else None,
            columns={column: name for column, name in self.columns.items() if name in names},
            merged_into=self.merged_into if self.merged_into in names else None,
            deleted_at=self.deleted_at if self.deleted_at in names else None,
        )

    @property
    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the raw rows, in the order of `fields`."""
        return pa.schema([pa.field(f.name, f.type.arrow) for f in self.fields])


@dataclass(frozen=True, slots=True)
class Window:
    """What one sync reads: rows whose stamp lies in [since, until). No `since` means the whole history.

    Times are the source's server clock. A history is read by immutable key, whatever the stamps;
    `until` is then the watermark that its end establishes. `again` is set when somebody wants all of it once more,
    also what is here already.
    """

    since: datetime | None
    until: datetime
    again: bool = False


@dataclass(frozen=True, slots=True)
class Promise:
    """So many rows in all chunks that name it together, by the source's own count; checked when their window closes."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a window that is fetched, landed and merged as one; `spec` is the connector's own, below 4 KB.

    With `ids` it is the rows of these ids, whatever the spec: those that do not come are gone from the source.
    """

    key: str
    spec: Mapping[str, str]
    promise: Promise | None = None
    ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """What a plan has found out: chunks, none while the source is still at work, and where to go on behind them.

    `resume` is the connector's own, below 4 KB: with it another process goes on as this one would have.
    """

    chunks: tuple[Chunk, ...]
    resume: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a window is cut, found out step by step; `rows` is about how many it holds, None when that is not asked."""

    steps: Iterator[Step]
    rows: int | None = None


@dataclass(slots=True)
class Extraction:
    """The rows of one chunk on their way in.

    `observed_at` is the server's time when the query began: of two reads of one stamp the later wins.
    `expected_rows` is the count that the source promised; the sync compares it with what arrived.
    It may be set while the batches are drawn, so read it after them.
    `source` is the object as its rows came, when that is not as it was asked for: with fewer fields.
    """

    observed_at: datetime
    batches: Iterator[pa.RecordBatch]
    expected_rows: int | None = None
    source: SourceObject | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls of a connection: this process's own, and the allowance as the source last told it."""

    calls: int
    used: int | None = None
    limit: int | None = None
    by_kind: Mapping[str, int] = field(default_factory=dict)
