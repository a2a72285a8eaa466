"""What a portal consists of, for whoever serves it: types of objects, records, searches, edges, owners.

Belongs here: the types on both sides of `sandbox.hubspot.portal`. Does not: how anything is spelled on the wire.

Ids are whole numbers here and texts on the wire. Moments are milliseconds since 1970 by the portal's own clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Properties = Mapping[str, str | None]
"""Values by name, as the wire has them: texts. What is absent or None has no value."""


class Refused(Exception):
    """A request that HubSpot would refuse.

    Args:
        status: Of HTTP: 400, 404, 409.
        category: HubSpot's word, such as `VALIDATION_ERROR`, `OBJECT_NOT_FOUND`, `CONFLICT`.
        message: HubSpot's sentence.
        code: Of the one entry in `errors`, such as `PROPERTY_DOESNT_EXIST`; none without one.
        context: Of that entry (and of the reply), such as `{"ids": ["12"]}`.
        details: The entries of `errors`, where there may be several.
    """

    def __init__(
        self,
        status: int,
        category: str,
        message: str,
        code: str = "",
        context: Mapping[str, list[str]] | None = None,
        details: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.category = category
        self.message = message
        self.code = code
        self.context = dict(context or {})
        self.details = details


@dataclass(frozen=True, slots=True)
class Property:
    """A property as the properties API lists it; `options` are values of an enumeration."""

    name: str
    label: str
    type: str
    field_type: str
    group: str
    options: tuple[str, ...] = ()
    calculated: bool = False
    unique: bool = False
    hidden: bool = False
    hubspot_defined: bool = True


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of object: `contacts`, `contact`, `0-1`; a custom one has the id `2-…` and a fully qualified name.

    `stamp` is the property that moves with every change: `lastmodifieddate` of contacts, else `hs_lastmodifieddate`;
    `required` are those that whoever makes a record must say.
    """

    name: str
    singular: str
    type_id: str
    label: str
    label_plural: str
    stamp: str
    properties: tuple[Property, ...]
    qualified_name: str = ""
    primary_display_property: str = ""
    associated: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def custom(self) -> bool:
        """Whether the account made it."""
        return self.type_id.startswith("2-")


@dataclass(frozen=True, slots=True)
class Record:
    """One record at one moment. `merged` are the ids that led to it by merges, the newest last."""

    id: int
    created: int
    updated: int
    properties: Properties
    archived_at: int | None = None
    merged: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some records as JSON texts (`{"id": …, "properties": {…}, "createdAt": …, "updatedAt": …, "archived": …}`).

    Texts, because a page of 100 is made from whole columns at once. `next` is the id of the record that follows.
    """

    ids: Sequence[int]
    texts: Sequence[bytes]
    next: int | None


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition: operator in HubSpot's spelling, `values` one, two (BETWEEN), many (IN) or none."""

    property: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Search:
    """A checked search. Groups are joined by OR, the filters of a group by AND; no group is every record."""

    groups: tuple[tuple[Filter, ...], ...] = ()
    sort: str = "hs_object_id"
    descending: bool = False
    query: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the index knows: how many match, and those from `offset` on, with the requested properties."""

    total: int
    page: Page


class Label(NamedTuple):
    """A type of association in one direction: `HUBSPOT_DEFINED` 279 without a label, 1 is `Primary`."""

    category: str
    type_id: int
    label: str | None = None


class Edge(NamedTuple):
    """An association as seen from one end."""

    to: int
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One input of a batch write; no id creates."""

    properties: Properties
    id: int | None = None
    associations: tuple[tuple[str, Edge], ...] = ()
    """(name of the type, edge) of a create."""


@dataclass(frozen=True, slots=True)
class Owner:
    """A user as records name them (`id`), who is not the user's own id; the latter is gone with the user."""

    id: int
    email: str
    first_name: str
    last_name: str
    user_id: int | None
    created: int
    updated: int
    archived: bool = False
    teams: tuple[tuple[int, str, bool], ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a pipeline; values of `metadata` are texts."""

    id: str
    label: str
    order: int
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline of a type that has some, such as deals."""

    id: str
    label: str
    order: int
    stages: tuple[Stage, ...]
    created: int
    updated: int
