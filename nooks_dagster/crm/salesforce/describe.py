"""What an org has: which objects are worth keeping, and an object's fields as ours.

Belongs here: reading the two describe answers. Does not: canonical columns (`mapping`), calls (`connector`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nooks_dagster.crm.model import FieldType, SourceField, SourceObject, Volatile
from nooks_dagster.crm.salesforce.mapping import columns
from nooks_dagster.failures import Permanent

CANONICAL: Mapping[str, str] = {
    "Account": "accounts",
    "Contact": "contacts",
    "Lead": "leads",
    "Opportunity": "opportunities",
    "User": "users",
    "Task": "activities",
    "Event": "activities",
}
CUSTOM_OBJECTS = "custom_objects"
STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")

# Compound fields repeat their parts; base64 is fetched by a call per record.
_LEFT_OUT = frozenset({"address", "location", "base64"})
_TYPES: Mapping[str, FieldType] = {
    "boolean": FieldType.BOOLEAN,
    "int": FieldType.INTEGER,
    "long": FieldType.INTEGER,
    "double": FieldType.NUMBER,
    "currency": FieldType.NUMBER,
    "percent": FieldType.NUMBER,
    "date": FieldType.DATE,
    "datetime": FieldType.TIMESTAMP,
}
# What Salesforce derives beside an object, and the objects of its own workings that look like records.
_DERIVED = (
    "__History",
    "History",
    "__Share",
    "Share",
    "__Feed",
    "Feed",
    "__Tag",
    "Tag",
    "ChangeEvent",
    "__e",
    "__b",
)


def is_worth_keeping(entry: Mapping[str, Any]) -> bool:
    """Say whether an entry of the global describe is business data, canonical, custom or standard."""
    if not entry.get("queryable") or entry.get("deprecatedAndHidden") or entry.get("customSetting"):
        return False
    name = entry["name"]
    if name in CANONICAL:
        return True
    if entry.get("custom"):
        return bool(name.endswith("__c"))
    return bool(entry.get("replicateable") and entry.get("layoutable")) and not name.endswith(_DERIVED)


def source_object(body: Mapping[str, Any]) -> SourceObject:
    """Return an object as its describe tells it.

    Raises:
        Permanent: It has no field that moves with changes.
    """
    fields = tuple(_field(f) for f in body["fields"] if f["type"] not in _LEFT_OUT)
    names = {field.name for field in fields}
    stamp = next((name for name in STAMPS if name in names), None)
    if stamp is None or "Id" not in names:
        raise Permanent(
            "The object has no Id, or no field that moves with changes.",
            subject=body["name"],
            next_step="It cannot be kept in sync; leave it out.",
        )
    described = SourceObject(
        name=body["name"],
        canonical=CANONICAL.get(body["name"], CUSTOM_OBJECTS),
        fields=fields,
        key="Id",
        stamp=stamp,
        deleted="IsDeleted" if "IsDeleted" in names else None,
        merged_into="MasterRecordId" if "MasterRecordId" in names else None,
        lags=not body.get("replicateable"),  # what getUpdated does not know, only the clock bounds
    )
    return replace(described, columns=columns(described))


def canonical_names(names: Sequence[str]) -> dict[str, str]:
    """Return the canonical object of each, in the order in which people wait for them: the others last."""
    first = {name: canonical for name, canonical in CANONICAL.items() if name in names}
    return first | {name: CUSTOM_OBJECTS for name in sorted(names) if name not in first}


def _field(described: Mapping[str, Any]) -> SourceField:
    kind = _TYPES.get(described["type"], FieldType.TEXT)
    # Formulas and roll-ups alike: the values of either may change without the stamp of their row.
    volatile = Volatile.CALCULATED if described.get("calculated") else None
    return SourceField(described["name"], kind, bool(described.get("custom")), volatile)
