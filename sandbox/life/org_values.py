"""The values that people and formulas give to Salesforce's fields.

Belongs here: one rule per type. Does not: when (`org`).

Only fields are edited on which no other field of the row hangs, so that a row stays true to itself.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from sandbox.life.chance import Chance
from sandbox.salesforce.org import Field, JsonValue, SObjectType

_RULES: Mapping[str, Callable[[Field, Chance], JsonValue]] = {
    "string": lambda field, chance: chance.text(field.length),
    "textarea": lambda field, chance: chance.text(field.length),
    "picklist": lambda field, chance: chance.choice(field.picklist),
    "multipicklist": lambda field, chance: ";".join(
        value for value in field.picklist if chance.random() < 0.6 or value == field.picklist[0]
    ),
    "boolean": lambda _, chance: chance.random() < 0.5,
    "double": lambda _, chance: chance.randrange(100_000) / 100,
    "currency": lambda _, chance: chance.randrange(10_000_000) / 100,
    "percent": lambda _, chance: chance.randrange(10_000) / 100,
    "date": lambda _, chance: chance.day(),
    "datetime": lambda _, chance: chance.moment(),
}
_FREE = {"string", "textarea", "picklist", "multipicklist", "boolean", "date", "datetime"}


@lru_cache
def editable(sobject: SObjectType) -> tuple[Field, ...]:
    """Return the fields that are edited: custom ones on which no formula hangs."""
    return tuple(
        field
        for field in sobject.fields
        if field.custom and field.type in _FREE and not (field.calculated or field.external_id or field.unique)
    )


def edited(sobject: SObjectType, chance: Chance) -> dict[str, JsonValue]:
    """Return what one or two fields are changed to, one time in eight to nothing; nothing if none can be edited."""
    fields = editable(sobject)
    return {
        field.name: None if field.nillable and not chance.randrange(8) else _RULES[field.type](field, chance)
        for field in chance.sample(fields, min(len(fields), chance.choice((1, 2))))
    }


def drifted(sobject: SObjectType, chance: Chance) -> dict[str, JsonValue]:
    """Return what formulas that look at other records become."""
    formulas = [field for field in sobject.fields if field.calculated and field.type in _RULES]
    return {field.name: _RULES[field.type](field, chance) for field in formulas}
