"""Properties as alterations leave them: how they are described, and what their values become.

Belongs here: new properties, changed types, rules. Does not: records (`altered`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

from sandbox.hubspot.alterations import Appear, PropertyChange, PropertyRule, Require, Retype
from sandbox.hubspot.model import ObjectType, Properties, Property

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FIELD_TYPES = {"string": "text", "number": "number", "bool": "booleancheckbox"}
_NEW_VALUES: Mapping[str, Callable[[int], str]] = {
    "string": lambda chance: f"surprise {chance % 1_000}",
    "number": lambda chance: str(chance % 100_000 / 100),
    "bool": lambda chance: "true" if chance % 2 else "false",
}


def properties_after(properties: Sequence[Property], changes: Sequence[PropertyChange]) -> tuple[Property, ...]:
    """Return a type's properties after changes; a change that no longer fits changes nothing."""
    after = {known.name: known for known in properties}
    for change in changes:
        name = change.property
        if isinstance(change, Appear):
            after[name] = Property(name, name, change.type, _FIELD_TYPES[change.type], "custom", hubspot_defined=False)
        elif isinstance(change, Retype) and name in after:
            after[name] = replace(
                after[name], type=change.type, field_type=_FIELD_TYPES[change.type], options=(), unique=False
            )
        else:
            after.pop(name, None)
    return tuple(after.values())


def ruled(kind: ObjectType, rules: Sequence[PropertyRule]) -> ObjectType:
    """Return a type under rules; one whose property is gone rules nothing."""
    known = {made.name: made for made in kind.properties}
    required = list(kind.required)
    for rule in rules:
        if (made := known.get(rule.property)) is None:
            continue
        if isinstance(rule, Require):
            required.append(rule.property)
        else:
            known[rule.property] = replace(made, type="enumeration", field_type="select", options=rule.values)
    return replace(kind, properties=tuple(known.values()), required=tuple(dict.fromkeys(required)))


def changed(values: Properties, record: int, changes: Sequence[PropertyChange]) -> dict[str, str | None]:
    """Return the values of a record after changes."""
    after = dict(values)
    for change in changes:
        if isinstance(change, Appear):
            after[change.property] = _new_value(change.type, record)
        elif isinstance(change, Retype):
            if change.property in after:
                after[change.property] = _converted(change.type, after[change.property])
        else:
            after.pop(change.property, None)
    return after


def _new_value(kind: str, record: int) -> str | None:
    """Return what a record has in a new property: the same for ever, and nothing in every seventh."""
    chance = crc32(str(record).encode())
    return None if chance % 7 == 0 else _NEW_VALUES[kind](chance)


def _converted(kind: str, value: str | None) -> str | None:
    """Return a value as another type; nothing where it cannot be one."""
    if value is None or kind == "string":
        return value
    if kind == "bool":
        return "true" if value.lower() in {"true", "1"} else "false"
    return value if _NUMBER.fullmatch(value) else None
