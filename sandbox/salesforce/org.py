"""What an org is to whoever serves it: describe, query, get, updated, deleted, truth.

Belongs here: the types and protocols on both sides of which the HTTP interface and the records live.
Does not: records (`sandbox.salesforce.generated`, `sandbox.salesforce.export`), the folder of orgs
(`sandbox.salesforce.orgs`), status codes and URLs (the HTTP interface).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from sandbox.salesforce.writing.wishes import EACH, Manner, Outcome, Wish

JsonValue = str | int | float | bool | dict[str, str | float | None] | None
"""A field's value in a REST reply. Only compound fields are objects; datetimes end in `.000+0000`."""

Row = dict[str, JsonValue]


class SoqlError(Exception):
    """A request that Salesforce would refuse.

    Args:
        code: Salesforce's error code, such as `MALFORMED_QUERY`, `INVALID_FIELD` or `INVALID_QUERY_LOCATOR`.
        message: Salesforce's wording.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Field:
    """One field as describe lists it. Lengths are in characters; precision and scale in decimal digits.

    One that is `read_only` is only ever written by Salesforce, one that is `fixed` by a client only when it makes the
    record; a `restricted` picklist takes none but its own values.
    """

    name: str
    type: str
    label: str
    length: int = 0
    precision: int = 0
    scale: int = 0
    nillable: bool = True
    custom: bool = False
    calculated: bool = False
    unique: bool = False
    external_id: bool = False
    reference_to: tuple[str, ...] = ()
    relationship_name: str | None = None
    picklist: tuple[str, ...] = ()
    compound_field_name: str | None = None
    read_only: bool = False
    fixed: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses a record whose field is empty, with its own message, beside the field or on top of the page."""

    field: str
    message: str
    at_field: bool = True


@dataclass(frozen=True, slots=True)
class SObjectType:
    """One object as describe lists it; `fields` in describe's order, Id first. Describe tells of no validation."""

    name: str
    label: str
    label_plural: str
    key_prefix: str
    fields: tuple[Field, ...]
    custom: bool = False
    queryable: bool = True
    replicateable: bool = True
    layoutable: bool = True
    bulkable: bool = True
    validations: tuple[ValidationRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a result, the selected fields only, in the order of the SELECT, without `attributes`.

    `next` is an opaque token below 200 characters for `Query.page`, valid after a restart; None at the end.
    """

    rows: list[Row]
    next: str | None


@dataclass(frozen=True, slots=True)
class TextPage:
    """Some rows of a result as the Bulk API prints them: one array of texts per selected field, null where empty.

    `next` is as in `Page`.
    """

    columns: list[pa.Array]
    rows: int
    next: str | None


class Query(Protocol):
    """A parsed and checked query. Cheap to make again: a locator need only keep its text and a token."""

    @property
    def sobject(self) -> str:
        """The object's name in its canonical spelling."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The selected fields in order, canonical spelling; empty for `COUNT()`."""
        ...

    @property
    def moment(self) -> int:
        """As of which moment it reads; the same moment later is the same result."""
        ...

    @property
    def is_count(self) -> bool:
        """Whether this is `SELECT COUNT()`: a total and no rows."""
        ...

    @property
    def total_size(self) -> int:
        """Rows of the whole result, LIMIT and OFFSET applied.

        Arithmetic when only Id and SystemModstamp are compared; otherwise the first use scans the object,
        so keep the number with the locator.
        """
        ...

    def page(self, position: str | None, limit: int) -> Page:
        """Return up to `limit` rows from `position` (None is the beginning).

        Raises:
            SoqlError: INVALID_QUERY_LOCATOR for a token that no page of this query gave out.
        """
        ...

    def texts(self, position: str | None, limit: int) -> TextPage:
        """Return what `page` returns, as texts by column; made for up to 250,000 rows a call.

        Raises:
            SoqlError: INVALID_QUERY_LOCATOR for a token that no page of this query gave out.
            ValueError: A selected field is compound.
        """
        ...

    def seek(self, rows: int) -> str | None:
        """Return the position behind the first `rows` rows; None at the beginning, and where nothing follows.

        Arithmetic when only Id and SystemModstamp are compared and rows are in the order of ids; otherwise it walks.
        """
        ...


class Org(Protocol):
    """One Salesforce org. Every method may be called from several threads."""

    @property
    def name(self) -> str:
        """The org's name, which is also the first label of its host name."""
        ...

    def now(self) -> datetime:
        """The org's server clock in UTC, by default 7 minutes behind the machine's."""
        ...

    def sobjects(self) -> Sequence[SObjectType]:
        """Every object, sorted by name."""
        ...

    def sobject(self, name: str) -> SObjectType:
        """Return one object, its name in any case.

        Raises:
            SoqlError: NOT_FOUND.
        """
        ...

    def query(self, soql: str, *, include_deleted: bool, moment: int | None = None) -> Query:
        """Parse and check a query; `include_deleted` is what queryAll adds, `moment` what another query was as of.

        Raises:
            SoqlError: MALFORMED_QUERY, INVALID_TYPE, INVALID_FIELD, as Salesforce words them.
        """
        ...

    def count(self, name: str) -> int:
        """Rows of an object that are not deleted."""
        ...

    def get(self, name: str, record_id: str) -> Row | None:
        """Return all fields of a record by its 15 or 18 character id, deleted ones too, or None."""
        ...

    def updated(self, name: str, start: datetime, end: datetime) -> list[str]:
        """Ids of the rows that are not deleted and whose SystemModstamp is in [start, end), ascending.

        The caller truncates seconds and refuses windows that begin too long ago.

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        ...

    def deleted(self, name: str, start: datetime, end: datetime) -> list[tuple[str, datetime]]:
        """Ids and times of the rows that were deleted in [start, end), ascending by id.

        Raises:
            SoqlError: EXCEEDED_ID_LIMIT above 600,000 ids.
        """
        ...

    def write(self, wishes: Sequence[Wish], user: str, manner: Manner = EACH) -> Sequence[Outcome]:
        """Grant what a user wants of records; durable on return."""
        ...

    def marked(self, mark: str) -> Sequence[Outcome]:
        """Return what came of a part of a job, nothing if it was never done."""
        ...

    def named(self, name: str, field: str, value: str) -> list[str]:
        """Return the ids of the rows that are not deleted and have a text in a field, whatever its case.

        Raises:
            SoqlError: NOT_FOUND for a field by which no row can be named.
        """
        ...

    def covered_until(self) -> datetime:
        """`latestDateCovered`: now, or the start of the oldest transaction that is still open."""
        ...

    def truth(self, name: str) -> Iterator[Row]:
        """Every row, deleted ones in the bin included, all fields, ascending by Id."""
        ...
