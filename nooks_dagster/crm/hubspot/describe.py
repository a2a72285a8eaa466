"""A type's fields as ours, from what the properties API lists.

Belongs here: reading that answer. Does not: canonical columns (`mapping`), calls (`catalog`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nooks_dagster.crm.hubspot.derived import DERIVATIONS
from nooks_dagster.crm.hubspot.fields import RECORD, UNREADABLE, association_fields, derived_of, property_field
from nooks_dagster.crm.hubspot.mapping import columns, number_types, wanted
from nooks_dagster.crm.hubspot.object_types import CUSTOM_OBJECTS, RECORDS
from nooks_dagster.crm.model import FieldType, SourceField, SourceObject, Volatile
from nooks_dagster.failures import Corrupt

_TYPES: Mapping[str, FieldType] = {
    "bool": FieldType.BOOLEAN,
    "number": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datetime": FieldType.TIMESTAMP,
}


def record_object(
    name: str, listed: Sequence[Mapping[str, Any]], associated: Sequence[str], display: str = ""
) -> SourceObject:
    """Return a type of records as its properties tell it.

    Args:
        name: The type.
        listed: Its properties, custom, calculated and hidden ones too.
        associated: The types whose edges its records are read with.
        display: The property that names a record of a custom object.

    Raises:
        Corrupt: The answer is no list of properties.
    """
    canonical = RECORDS.get(name, CUSTOM_OBJECTS)
    numbers = number_types(name, canonical, display)
    try:
        properties = [_field(entry, numbers) for entry in listed]
    except (TypeError, LookupError):
        raise Corrupt("The answer is no list of properties.", subject=name) from None
    fields = (
        *(SourceField(field, kind) for field, kind in RECORD.items()),
        *properties,
        *_derived(wanted(name, display).values(), {field.name: field for field in properties}),
        *(field for to in associated for field in association_fields(to)),
        SourceField(UNREADABLE, FieldType.TEXT),
    )
    described = SourceObject(
        name=name,
        canonical=canonical,
        fields=fields,
        key="id",
        stamp="updatedAt",
        deleted="archived",
        merged_into="mergedInto",
        lags=True,
        deleted_at="archivedAt",
    )
    return replace(described, columns=columns(described, display))


def _field(entry: Mapping[str, Any], numbers: Mapping[str, FieldType]) -> SourceField:
    name = property_field(entry["name"])
    kind = _TYPES.get(entry["type"], FieldType.TEXT)
    if kind is FieldType.NUMBER:
        kind = numbers.get(name, kind)
    volatile = Volatile.CALCULATED if entry.get("calculated") else None
    return SourceField(name, kind, not entry.get("hubspotDefined", False), volatile)


def _derived(names: Iterable[str], properties: Mapping[str, SourceField]) -> Iterator[SourceField]:
    for name in names:
        derived = derived_of(name)
        base = properties.get(property_field(derived.property)) if derived else None
        if derived and base and base.type is DERIVATIONS[derived.how].takes:
            yield SourceField(name, DERIVATIONS[derived.how].gives, volatile=base.volatile)
