"""Fields as alterations leave them: what describe says, and what the values become.

Belongs here: new fields, changed types, rules. Does not: rows (`altered`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from zlib import crc32

from sandbox.salesforce.alterations import Appear, Create, FieldChange, FieldRule, Require, Restrict, Retype
from sandbox.salesforce.org import Field, JsonValue, SObjectType, ValidationRule
from sandbox.salesforce.schema.fields import checkbox, integer, number, text

_CONSTRUCTORS: Mapping[str, Callable[[str], Field]] = {
    "string": text,
    "int": integer,
    "double": number,
    "boolean": checkbox,
}
_NEW_VALUES: Mapping[str, Callable[[int], JsonValue]] = {
    "string": lambda chance: f"surprise {chance % 1_000}",
    "double": lambda chance: chance % 100_000 / 100,
    "boolean": lambda chance: chance % 2 == 0,
}


def describe_after(sobject: SObjectType, changes: list[FieldChange]) -> SObjectType:
    """Return an object's description after changes; one that no longer fits, as after a new load, changes nothing."""
    fields = {field.name: field for field in sobject.fields}
    for change in changes:
        if isinstance(change, Appear):
            fields[change.field] = _CONSTRUCTORS[change.type](change.field)
        elif isinstance(change, Create):
            made = text(change.field, change.length)
            fields[change.field] = replace(made, external_id=change.external_id, unique=change.unique)
        elif isinstance(change, Retype) and change.field in fields:
            fields[change.field] = _retyped(fields[change.field], change.type)
        else:
            fields.pop(change.field, None)
    return replace(sobject, fields=tuple(fields.values()))


def ruled(sobject: SObjectType, rules: list[FieldRule]) -> SObjectType:
    """Return an object's description under rules; one whose field is gone rules nothing."""
    fields = {field.name: field for field in sobject.fields}
    validations: list[ValidationRule] = []
    for rule in rules:
        if (field := fields.get(rule.field)) is None:
            continue
        if isinstance(rule, Require):
            fields[rule.field] = replace(field, nillable=False)
        elif isinstance(rule, Restrict):
            fields[rule.field] = replace(field, type="picklist", picklist=rule.values, restricted=True)
        else:
            validations.append(ValidationRule(rule.field, rule.message, at_field=rule.at_field))
    return replace(sobject, fields=tuple(fields.values()), validations=tuple(validations))


def new_value(kind: str, id15: str) -> JsonValue:
    """Return what a record has in a new field: the same for ever, and null in every seventh, booleans excepted."""
    chance = crc32(id15.encode())
    return None if kind != "boolean" and chance % 7 == 0 else _NEW_VALUES[kind](chance)


def converted(kind: str, value: JsonValue) -> JsonValue:
    """Return a value as another type: null where it cannot be one, False where that must not be null."""
    if kind == "boolean":
        return str(value).lower() in {"true", "1", "1.0"}
    if value is None or isinstance(value, dict):
        return None
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value)
    try:
        return int(float(value)) if kind == "int" else float(value)
    except (ValueError, OverflowError):
        return None


def _retyped(field: Field, kind: str) -> Field:
    return replace(_CONSTRUCTORS[kind](field.name), label=field.label, custom=field.custom)
