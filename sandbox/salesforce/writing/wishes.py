"""What a client wants of one record, and what came of it.

Belongs here: these two, and how an item is refused. Does not: granting wishes (`writer`), their shape on the wire.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Deed(StrEnum):
    """What shall be done; Bulk API has the same words."""

    INSERT = "insert"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"


class Refusal(Exception):
    """What is wrong with one item; the others are none the worse for it.

    Args:
        code: Salesforce's status code, such as `STRING_TOO_LONG`.
        message: Salesforce's wording.
        fields: Those at fault.
    """

    def __init__(self, code: str, message: str, *fields: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.fields = fields


@dataclass(frozen=True, slots=True)
class Wish:
    """What one record is to become.

    Args:
        deed: What shall be done.
        sobject: The object, as the client spells it.
        values: By field, as the client spells it.
        named: How the record is named: by its id, or by its value of `key`.
        key: For an upsert, the external id that names it, as the client spells it.
        struck: A refusal that befalls the item, whatever it wishes.
    """

    deed: Deed
    sobject: str
    values: Mapping[str, Any] = field(default_factory=dict)
    named: str | None = None
    key: str = "Id"
    struck: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """How the wishes of one request are granted.

    Args:
        all_or_none: Whether none is if one cannot be.
        mark: The name of a part of a job, which is done once: who comes again is told what came of it.
        late: How many seconds ago the request began, which is what its stamps say.
    """

    all_or_none: bool = False
    mark: str = ""
    late: float = 0


EACH = Manner()
"""Each by itself, and now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a wish: an id of 18 characters, or a refusal."""

    id: str | None = None
    created: bool = False
    refusal: Refusal | None = None

    def written(self) -> list[Any]:
        """Return it for the log."""
        refusal = self.refusal
        return [self.id, self.created, refusal and [refusal.code, refusal.message, *refusal.fields]]


def read_outcome(written: list[Any]) -> Outcome:
    """Return an outcome from the log."""
    record_id, created, refusal = written
    return Outcome(record_id, created, Refusal(*refusal) if refusal else None)
