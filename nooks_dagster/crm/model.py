"""The words of CRM sync that engine and connectors share: fields, source objects, windows, chunks.

Belongs here: plain values without behaviour. Does not: any API call or SQL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True, slots=True)
class SourceField:
    """One field of an object as the CRM describes it."""

    name: str
    type: FieldType
    custom: bool = False


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object of a CRM: what it is called there, what it is here, and how its rows are told apart.

    `canonical` is a key of `crm.canonical.OBJECTS`; `stamp` is the field that moves with every change;
    `deleted` is the field that marks a row in the recycle bin, when the source has one;
    `columns` names the source field of each typed column that this org fills.
    """

    name: str
    canonical: str
    fields: tuple[SourceField, ...]
    key: str
    stamp: str
    deleted: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def schema(self) -> pa.Schema:
        """Return the Arrow schema of the raw rows, in the order of `fields`."""
        return pa.schema([pa.field(f.name, f.type.arrow) for f in self.fields])


@dataclass(frozen=True, slots=True)
class Window:
    """What one sync reads: rows whose stamp lies in [since, until). No `since` means the whole history.

    Times are the source's server clock. A history is read by immutable key, whatever the stamps;
    `until` is then the watermark that its end establishes.
    """

    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a window that is fetched, landed and merged as one; `spec` is the connector's own, below 4 KB."""

    key: str
    spec: Mapping[str, str]


@dataclass(slots=True)
class Extraction:
    """The rows of one chunk on their way in.

    `observed_at` is the server's time when the query began: of two reads of one stamp the later wins.
    `expected_rows` is the count that the source promised; the sync compares it with what arrived.
    It may be set while the batches are drawn, so read it after them.
    """

    observed_at: datetime
    batches: Iterator[pa.RecordBatch]
    expected_rows: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """API calls of a connection: this process's own, and the allowance as the source last told it."""

    calls: int
    used: int | None = None
    limit: int | None = None
    by_kind: Mapping[str, int] = field(default_factory=dict)
