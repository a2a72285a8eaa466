"""One constructor per kind of field, with the lengths and precisions that Salesforce gives it.

Belongs here: what is true of a type wherever it stands. Does not: which object has which field.
"""

import re
from dataclasses import replace

from sandbox.salesforce.org import Field

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def label(name: str) -> str:
    """Return the label that Salesforce would propose: `NumberOfEmployees` is `Number Of Employees`."""
    return _WORD.sub(" ", name.removesuffix("__c").replace("_", " "))


def typed(name: str, kind: str, *, length: int = 0, precision: int = 0, scale: int = 0) -> Field:
    """Return a field of any type; custom if its name says so."""
    return Field(name, kind, label(name), length, precision, scale, custom=name.endswith("__c"))


def text(name: str, length: int = 255) -> Field:
    """Return a line of text."""
    return typed(name, "string", length=length)


def textarea(name: str, length: int = 32_000) -> Field:
    """Return several lines of text; above 255 characters neither filterable nor sortable."""
    return typed(name, "textarea", length=length)


def picklist(name: str, *values: str) -> Field:
    """Return a choice of one."""
    return replace(typed(name, "picklist", length=255), picklist=values)


def multipicklist(name: str, *values: str) -> Field:
    """Return a choice of several, joined by semicolons."""
    return replace(typed(name, "multipicklist", length=4_099), picklist=values)


def checkbox(name: str) -> Field:
    """Return a boolean, never null."""
    return required(typed(name, "boolean"))


def integer(name: str) -> Field:
    """Return a whole number of a standard field; custom numbers are doubles."""
    return typed(name, "int", precision=8)


def number(name: str, scale: int = 2) -> Field:
    """Return a decimal number."""
    return typed(name, "double", precision=18, scale=scale)


def currency(name: str) -> Field:
    """Return an amount of money."""
    return typed(name, "currency", precision=18, scale=2)


def percent(name: str) -> Field:
    """Return a share in percent."""
    return typed(name, "percent", precision=5, scale=2)


def date(name: str) -> Field:
    """Return a day."""
    return typed(name, "date")


def moment(name: str) -> Field:
    """Return a datetime."""
    return typed(name, "datetime")


def email(name: str) -> Field:
    """Return an e-mail address."""
    return typed(name, "email", length=80 if not name.endswith("Username") else 255)


def phone(name: str) -> Field:
    """Return a telephone number in whatever format it was typed."""
    return typed(name, "phone", length=40)


def url(name: str) -> Field:
    """Return a web address."""
    return typed(name, "url", length=255)


def reference(name: str, *targets: str) -> Field:
    """Return the id of a record of one of the targets."""
    relationship = name.removesuffix("Id") if not name.endswith("__c") else name.removesuffix("c") + "r"
    field = typed(name, "reference", length=18)
    return replace(field, reference_to=targets, relationship_name=relationship)


def required(field: Field) -> Field:
    """Return the field, never null."""
    return replace(field, nillable=False)


def formula(field: Field) -> Field:
    """Return the field as calculated by Salesforce; its changes move no stamp."""
    return replace(field, calculated=True)


def external_id(field: Field) -> Field:
    """Return the field as a unique external id."""
    return replace(field, external_id=True, unique=True)


def read_only(field: Field) -> Field:
    """Return the field as one that only Salesforce writes."""
    return replace(field, read_only=True)


def fixed(field: Field) -> Field:
    """Return the field as one that stays as it was when its record was made."""
    return replace(field, fixed=True)


def restricted(field: Field) -> Field:
    """Return the picklist as one that takes none but its own values."""
    return replace(field, restricted=True)


def person_name() -> tuple[Field, ...]:
    """Return the name of a person: whole, and its parts."""
    parts = (text("FirstName", 40), required(text("LastName", 80)))
    salutation = picklist("Salutation", "Mr.", "Ms.", "Mrs.", "Dr.", "Prof.", "Mx.")
    whole = read_only(required(text("Name", 121)))
    return (whole, *(replace(part, compound_field_name="Name") for part in (salutation, *parts)))


def address(prefix: str = "") -> tuple[Field, ...]:
    """Return an address: whole, and its parts."""
    whole = typed(f"{prefix}Address", "address")
    parts = (
        textarea(f"{prefix}Street", 255),
        text(f"{prefix}City", 40),
        text(f"{prefix}State", 80),
        text(f"{prefix}PostalCode", 20),
        text(f"{prefix}Country", 80),
    )
    return (whole, *(replace(part, compound_field_name=whole.name) for part in parts))


IDENTITY = (required(typed("Id", "id", length=18)), checkbox("IsDeleted"))

AUDIT = (
    required(moment("CreatedDate")),
    required(reference("CreatedById", "User")),
    required(moment("LastModifiedDate")),
    required(reference("LastModifiedById", "User")),
    required(moment("SystemModstamp")),
)
"""What every object has."""
