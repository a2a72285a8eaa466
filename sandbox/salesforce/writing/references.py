"""The ids that a record holds of others: whether they lead to a record that may be pointed at.

Belongs here: refusals of references. Does not: the form of an id (`values`).

Salesforce names the field of an id that is none, or of an object that may not stand there; of others it tells what is
wrong with the record, and not which of the ids it was.
"""

from collections.abc import Mapping

from sandbox.salesforce.ids import to15
from sandbox.salesforce.living.row import UNSEEN, Changed
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


def refuse_converted(draft: Draft, name: str, row: Changed | None) -> None:
    """Make sure that a lead is still one.

    Raises:
        Refusal: It has become a contact.
    """
    if name == "Lead" and row is not None and draft.values(name, row, ["IsConverted"])["IsConverted"]:
        raise Refusal("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


def check_task_of_lead(
    draft: Draft, sobject: SObjectType, before: Changed | None, values: Mapping[str, JsonValue]
) -> None:
    """Make sure that a task of a lead is about nothing else: a lead has no account yet.

    Args:
        draft: The request.
        sobject: The object that is written.
        before: The record as it was, None if there was none.
        values: What is written of it.

    Raises:
        Refusal: It is.
    """
    if sobject.name != "Task" or values.keys().isdisjoint({"WhoId", "WhatId"}):
        return
    known = draft.values("Task", before, ["WhoId", "WhatId"]) if before else {}
    who, what = (values.get(name, known.get(name)) for name in ("WhoId", "WhatId"))
    lead = draft.living.sobject("Lead").key_prefix if "Lead" in draft.living.tables else ""
    if what and lead and str(who).startswith(lead):
        raise Refusal("FIELD_INTEGRITY_EXCEPTION", "field integrity exception: WhoId, WhatId", "WhoId", "WhatId")


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
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.deleted:
        raise Refusal("ENTITY_IS_DELETED", "entity is deleted")
    if row.state == UNSEEN:
        told = f"insufficient access rights on cross-reference id: {given}"
        raise Refusal("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", told)
    if field.name == "OwnerId" and name == "User" and not draft.values(name, row, ["IsActive"])["IsActive"]:
        told = f"operation performed with inactive user [{given}] as owner of {sobject.label.lower()}"
        raise Refusal("INACTIVE_OWNER_OR_USER", told)
    refuse_converted(draft, name, row)
