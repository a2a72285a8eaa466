"""What can be done to an org after it was made.

Belongs here: the alterations that there are, whether one is possible.
Does not: keeping them (`sandbox.alterations`), carrying them out (`sandbox.salesforce.altered`).
"""

from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, TypeAdapter, model_validator

from sandbox import alterations
from sandbox.salesforce.org import Org, SoqlError

_FIXED = {"Id", "IsDeleted", "SystemModstamp"}
"""Fields without which an object cannot be read at all."""


class OpenTransaction(alterations.Alteration):
    """A long transaction is open: its rows are not to be seen, and nothing since its start is covered.

    Args:
        since: Its start, by the org's clock.
        until: Its rows are those stamped from `since` up to here; without it, all since then.
    """

    kind: Literal["transaction"]
    since: AwareDatetime
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.until is not None and self.until <= self.since:
            raise ValueError("until must be later than since")
        return self


class Hide(alterations.Alteration):
    """The user may no longer read an object."""

    kind: Literal["hide"]
    object: str


class Vanish(alterations.Alteration):
    """A field is gone."""

    kind: Literal["vanish"]
    object: str
    field: str


class Appear(alterations.Alteration):
    """A field is there, with values in all records."""

    kind: Literal["appear"]
    object: str
    field: str = Field(pattern=r"^[A-Za-z]\w*$")
    type: Literal["string", "double", "boolean"] = "string"


class Create(alterations.Alteration):
    """A field for text is there that is empty in all records, as an administrator makes it."""

    kind: Literal["create"]
    object: str
    field: str = Field(pattern=r"^[A-Za-z]\w*__c$")
    length: int = Field(255, ge=1, le=255)
    external_id: bool = True
    unique: bool = True


class Retype(alterations.Alteration):
    """A field has another type, and its values with it."""

    kind: Literal["retype"]
    object: str
    field: str
    type: Literal["string", "int", "double", "boolean"]


class Require(alterations.Alteration):
    """A field must be filled whenever a record is made."""

    kind: Literal["require"]
    object: str
    field: str


class Restrict(alterations.Alteration):
    """A field is a picklist that takes none but these values."""

    kind: Literal["restrict"]
    object: str
    field: str
    values: tuple[str, ...] = Field(min_length=1)


class Validate(alterations.Alteration):
    """A validation rule refuses every record whose field is empty.

    Args:
        message: What the rule tells people.
        at_field: Whether it tells them beside the field, else on top of the page.
    """

    kind: Literal["validate"]
    object: str
    field: str
    message: str = "Fill it in."
    at_field: bool = True


FieldChange = Vanish | Appear | Create | Retype
FieldRule = Require | Restrict | Validate
Alteration = OpenTransaction | Hide | FieldChange | FieldRule

_One = Annotated[Alteration, Field(discriminator="kind")]
ALTERATIONS: alterations.Alterations[Alteration] = alterations.Alterations(TypeAdapter(_One), TypeAdapter(list[_One]))


def read_alteration(wish: Any, org: Org) -> Alteration:
    """Return the alteration that a JSON object describes.

    Raises:
        ValueError: It describes none, or the org has no such object or field, or has the new field already.
    """
    alteration = ALTERATIONS.described(wish)
    if not isinstance(alteration, OpenTransaction):
        _check(alteration, org)
    return alteration


def _check(alteration: Hide | FieldChange | FieldRule, org: Org) -> None:
    try:
        sobject = org.sobject(alteration.object)
    except SoqlError:
        raise ValueError(f"the org {org.name} has no object {alteration.object}") from None
    if isinstance(alteration, Hide):
        return
    there = alteration.field in {field.name for field in sobject.fields}
    if alteration.field in _FIXED:
        raise ValueError(f"{alteration.field} cannot be altered: choose another field")
    if there == isinstance(alteration, Appear | Create):
        raise ValueError(f"{sobject.name} has {'already' if there else 'no'} {alteration.field}")
