"""What can be done to a portal after it was made.

Belongs here: the alterations that there are, whether one is possible.
Does not: keeping them (`sandbox.alterations`), carrying them out (`sandbox.hubspot.altered`).
"""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from sandbox import alterations
from sandbox.hubspot.model import ObjectType, Refused
from sandbox.hubspot.portal import Portal

_FIXED = {"hs_object_id", "createdate", "hs_createdate"}
"""Properties without which a type cannot be read at all; its stamp is another."""

Type = Literal["string", "number", "bool"]


class Hide(alterations.Alteration):
    """The apps may no longer read a type."""

    kind: Literal["hide"]
    object: str


class Vanish(alterations.Alteration):
    """A property is gone."""

    kind: Literal["vanish"]
    object: str
    property: str


class Appear(alterations.Alteration):
    """A property is there, with values in all records."""

    kind: Literal["appear"]
    object: str
    property: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    type: Type = "string"


class Retype(alterations.Alteration):
    """A property has another type, and its values with it."""

    kind: Literal["retype"]
    object: str
    property: str
    type: Type


class Require(alterations.Alteration):
    """Whoever makes a record must say a property."""

    kind: Literal["require"]
    object: str
    property: str


class Restrict(alterations.Alteration):
    """A property takes none but these values."""

    kind: Literal["restrict"]
    object: str
    property: str
    values: tuple[str, ...] = Field(min_length=1)


PropertyChange = Vanish | Appear | Retype
PropertyRule = Require | Restrict
Alteration = Hide | PropertyChange | PropertyRule

_One = Annotated[Alteration, Field(discriminator="kind")]
ALTERATIONS: alterations.Alterations[Alteration] = alterations.Alterations(TypeAdapter(_One), TypeAdapter(list[_One]))


def read_alteration(wish: Any, portal: Portal) -> Alteration:
    """Return the alteration that a JSON object describes; it names its type as the portal does.

    Raises:
        ValueError: It describes none, or the portal has no such type or property, or has the new property already.
    """
    alteration = ALTERATIONS.described(wish)
    try:
        kind = portal.type(alteration.object)
    except Refused:
        raise ValueError(f"the portal {portal.name} has no type {alteration.object}") from None
    if not isinstance(alteration, Hide):
        _check(alteration, kind)
    return alteration.model_copy(update={"object": kind.name})


def _check(alteration: PropertyChange | PropertyRule, kind: ObjectType) -> None:
    if alteration.property in {*_FIXED, kind.stamp}:
        raise ValueError(f"{alteration.property} cannot be altered: choose another property")
    there = alteration.property in {known.name for known in kind.properties}
    if there == isinstance(alteration, Appear):
        raise ValueError(f"{kind.name} has {'already' if there else 'no'} {alteration.property}")
