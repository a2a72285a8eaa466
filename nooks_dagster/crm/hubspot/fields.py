"""What the name of a field says: where in a record its value stands.

Belongs here: the naming, there and back. Does not: which fields an object has (`describe`), values (`rows`).

`id` stands beside the properties; `amount` is a property, and so is `properties.id`; `associations.companies` are the
edges of a record as HubSpot lists them, `associations.companies.primary` is the one that counts;
`closedate.date` is derived from a property. No property of HubSpot has a dot in its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nooks_dagster.crm.hubspot.derived import DERIVATIONS
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject, Volatile

RECORD: Mapping[str, FieldType] = {
    "id": FieldType.TEXT,
    "createdAt": FieldType.TIMESTAMP,
    "updatedAt": FieldType.TIMESTAMP,
    "archived": FieldType.BOOLEAN,
    "archivedAt": FieldType.TIMESTAMP,
    "mergedInto": FieldType.TEXT,
}
UNREADABLE = "unreadable"
"""The last field: JSON of the values that are not of their property's type, by property."""

_PROPERTIES, _ASSOCIATIONS, _PRIMARY = "properties.", "associations.", ".primary"


@dataclass(frozen=True, slots=True)
class Derived:
    """A field that is made from a property: how, a key of `DERIVATIONS`."""

    property: str
    how: str


def property_field(name: str) -> str:
    """Return what the field of a property is called."""
    return f"{_PROPERTIES}{name}" if name in RECORD or name == UNREADABLE or "." in name else name


def property_of(field: str) -> str | None:
    """Return the property that a field is, or None."""
    if field.startswith(_PROPERTIES):
        return field.removeprefix(_PROPERTIES)
    return None if field in RECORD or field == UNREADABLE or "." in field else field


def derived_of(field: str) -> Derived | None:
    """Return what a field is derived from, or None."""
    base, _, how = field.rpartition(".")
    return Derived(base, how) if how in DERIVATIONS and property_of(base) else None


def association_fields(to: str) -> tuple[SourceField, SourceField]:
    """Return the two fields of the associations with a type."""
    edges = f"{_ASSOCIATIONS}{to}"
    return _edges(edges), _edges(edges + _PRIMARY)


def _edges(name: str) -> SourceField:
    return SourceField(name, FieldType.TEXT, volatile=Volatile.ASSOCIATIONS)


def association_of(field: str) -> tuple[str, bool] | None:
    """Return the associated type and whether only the primary edge is meant, or None."""
    if not field.startswith(_ASSOCIATIONS):
        return None
    to = field.removeprefix(_ASSOCIATIONS)
    return to.removesuffix(_PRIMARY), to.endswith(_PRIMARY)


def properties_of(source: SourceObject) -> dict[str, FieldType]:
    """Return the properties that the fields of an object need, each with its type."""
    found = {name: field.type for field in source.fields if (name := property_of(field.name))}
    for field in source.fields:
        if derived := derived_of(field.name):
            found.setdefault(derived.property, DERIVATIONS[derived.how].takes)
    return found


def associated_types(source: SourceObject) -> list[str]:
    """Return the types whose associations the fields of an object need."""
    return list(dict.fromkeys(found[0] for field in source.fields if (found := association_of(field.name))))
