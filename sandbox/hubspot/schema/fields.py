"""One constructor per kind of property, with the type and field type that HubSpot gives it.

Belongs here: what is true of a kind wherever it stands. Does not: which object has which property.
"""

from dataclasses import replace

from sandbox.hubspot.model import Property


def typed(name: str, kind: str, field_type: str, options: tuple[str, ...] = ()) -> Property:
    """Return a property of HubSpot's own; its object names the group."""
    words = name.removeprefix("hs_").replace("_", " ")
    return Property(name, words[:1].upper() + words[1:], kind, field_type, group="", options=options)


def text(name: str) -> Property:
    """Return a line of text."""
    return typed(name, "string", "text")


def long_text(name: str) -> Property:
    """Return several lines of text, up to 65,536 characters."""
    return typed(name, "string", "textarea")


def html(name: str) -> Property:
    """Return a text with tags."""
    return typed(name, "string", "html")


def number(name: str) -> Property:
    """Return a number, a decimal one on the wire if its value is not whole."""
    return typed(name, "number", "number")


def flag(name: str) -> Property:
    """Return a yes or no, which may have no value."""
    return typed(name, "bool", "booleancheckbox", ("true", "false"))


def choice(name: str, *options: str) -> Property:
    """Return a choice of one; without options, HubSpot keeps them elsewhere (owners, stages)."""
    return typed(name, "enumeration", "select", options)


def choices(name: str, *options: str) -> Property:
    """Return a choice of several, joined by semicolons."""
    return typed(name, "enumeration", "checkbox", options)


def day(name: str) -> Property:
    """Return a date."""
    return typed(name, "date", "date")


def moment(name: str) -> Property:
    """Return a datetime."""
    return typed(name, "datetime", "date")


def phone(name: str) -> Property:
    """Return a telephone number as it was typed: a text, as HubSpot's old telephone properties are."""
    return typed(name, "string", "phonenumber")


def phone_number(name: str) -> Property:
    """Return a telephone number of the newer type."""
    return typed(name, "phone_number", "phonenumber")


def json(name: str) -> Property:
    """Return a JSON document as a text."""
    return typed(name, "json", "text")


def coordinates(name: str) -> Property:
    """Return the type and the id of another record."""
    return typed(name, "object_coordinates", "text")


def calculated(made: Property) -> Property:
    """Return the property as HubSpot works it out; it is read only."""
    return replace(made, calculated=True, field_type="calculation_equation")


def unique(made: Property) -> Property:
    """Return the property as one whose value no two records share."""
    return replace(made, unique=True)


def custom(*made: Property) -> tuple[Property, ...]:
    """Return properties as the account made them."""
    return tuple(replace(each, hubspot_defined=False) for each in made)


def grouped(group: str, *made: Property) -> tuple[Property, ...]:
    """Return all properties of an object, in its group."""
    return tuple(replace(each, group=group) for each in made)


OWNER = choice("hubspot_owner_id")

SYSTEM = (
    number("hs_object_id"),
    typed("hs_merged_object_ids", "enumeration", "checkbox"),
    number("hs_created_by_user_id"),
    choice("hs_object_source", "CRM_UI", "IMPORT", "INTEGRATION", "API"),
)
"""What every object has."""

READ_ONLY = frozenset(
    {"hs_object_id", "hs_merged_object_ids", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"}
)
"""Properties that only HubSpot writes; calculated ones apart."""
