"""The ids that a record holds of others: whether they lead to a record that may be pointed at.

Belongs here: refusals of references. Does not: the form of an id (`values`).
"""

from sandbox.salesforce.ids import to15
from sandbox.salesforce.living.row import UNSEEN
from sandbox.salesforce.org import Field, JsonValue, SObjectType
from sandbox.salesforce.writing.draft import Draft
from sandbox.salesforce.writing.wishes import Refusal


def check_references(draft: Draft, sobject: SObjectType, values: dict[str, JsonValue], user: str) -> None:
    """Look up what a record shall point at; `user`, who writes, may always own it.

    Raises:
        Refusal: One of the ids leads nowhere, or where it must not.
    """
    for field in sobject.fields:
        given = values.get(field.name)
        if field.type == "reference" and isinstance(given, str) and given != user:
            _check(draft, sobject, field, given)


def target_of(draft: Draft, field: Field, id15: str) -> str | None:
    """Return the object of a record that a field points at, None if it may not point at one of that kind."""
    there = (name for name in field.reference_to if name in draft.living.tables)
    return next((name for name in there if id15.startswith(draft.living.sobject(name).key_prefix)), None)


def _check(draft: Draft, sobject: SObjectType, field: Field, given: str) -> None:
    id15 = to15(given) or ""
    name = target_of(draft, field, id15)
    if name is None:
        raise Refusal("MALFORMED_ID", f"{field.label}: id value of incorrect type: {given}", field.name)
    row = draft.row(name, id15)
    if row is None:
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", field.name)
    if row.deleted:
        raise Refusal("ENTITY_IS_DELETED", "entity is deleted", field.name)
    if row.state == UNSEEN:
        told = f"insufficient access rights on cross-reference id: {given}"
        raise Refusal("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", told)
    if field.name == "OwnerId" and name == "User" and not draft.values(name, row, ["IsActive"])["IsActive"]:
        told = f"operation performed with inactive user [{given}] as owner of {sobject.label.lower()}"
        raise Refusal("INACTIVE_OWNER_OR_USER", told)
