"""The values that people give to HubSpot's properties, and what HubSpot works out.

Belongs here: one rule per type. Does not: when (`portal`).
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from sandbox.hubspot.model import ObjectType, Property
from sandbox.life.chance import Chance

_MOST = 255
_RULES: Mapping[str, Callable[[Property, Chance], str]] = {
    "string": lambda _, chance: chance.text(_MOST),
    "number": lambda _, chance: str(chance.randrange(100_000) / 100),
    "bool": lambda _, chance: chance.choice(("true", "false")),
    "enumeration": lambda made, chance: chance.choice(made.options),
    "date": lambda _, chance: chance.day(),
    "datetime": lambda _, chance: chance.moment().replace("+0000", "Z"),
}


@lru_cache
def editable(kind: ObjectType) -> tuple[Property, ...]:
    """Return the properties that are edited: those that the account made."""
    return tuple(
        made
        for made in kind.properties
        if made.type in _RULES
        and not (made.hubspot_defined or made.calculated or made.unique)
        and (made.options or made.type != "enumeration")
    )


def edited(kind: ObjectType, chance: Chance) -> dict[str, str | None]:
    """Return what one or two properties are changed to, one time in eight to nothing."""
    properties = editable(kind)
    return {
        made.name: None if not chance.randrange(8) else _RULES[made.type](made, chance)
        for made in chance.sample(properties, min(len(properties), chance.choice((1, 2))))
    }


def drifted(kind: ObjectType, chance: Chance) -> dict[str, str | None]:
    """Return what numbers that are worked out of other records become."""
    return {
        made.name: _RULES["number"](made, chance)
        for made in kind.properties
        if made.calculated and made.type == "number"
    }
