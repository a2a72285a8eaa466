"""The tree of a SOQL query, as written: names not yet looked up.

Belongs here: the nodes. Does not: what they mean.
"""

from dataclasses import dataclass

LiteralValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A field or object as written, and where (offset into the query)."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as written; `kind` is string, number, boolean, null, date or datetime."""

    kind: str
    value: LiteralValue


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; only IN and NOT IN have several values."""

    field: Name
    operator: str
    values: tuple[Literal, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions joined by AND or by OR."""

    operator: str
    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Negation:
    """NOT before a condition."""

    part: "Condition"


Condition = Comparison | Group | Negation


@dataclass(frozen=True, slots=True)
class Sorting:
    """One field of ORDER BY. Nulls come first unless the query says LAST, ascending or descending."""

    field: Name
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True, slots=True)
class Select:
    """A whole query; `fields` is empty for `COUNT()`."""

    fields: tuple[Name, ...]
    sobject: Name
    where: Condition | None = None
    order_by: tuple[Sorting, ...] = ()
    limit: int | None = None
    offset: int = 0
