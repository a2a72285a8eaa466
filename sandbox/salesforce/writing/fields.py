"""The fields of one record as it is saved: what the client says, what Salesforce adds and works out.

Belongs here: which fields may be written, which are missing, defaults. Does not: one value (`values`), other records
(`naming`, `references`).
"""

from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType

from sandbox.salesforce.living.row import Changed
from sandbox.salesforce.org import Field, JsonValue, SObjectType
from sandbox.salesforce.rights import createable, updateable
from sandbox.salesforce.writing.derived import DEFAULTS, derived
from sandbox.salesforce.writing.draft import Draft
from sandbox.salesforce.writing.values import value_of
from sandbox.salesforce.writing.wishes import Deed, Refusal, Wish


def said(sobject: SObjectType, wish: Wish, *, made: bool) -> dict[str, JsonValue]:
    """Return what a client says of a record that is made, or changed.

    Raises:
        Refusal: It says something that is not so, or not for it to say.
    """
    named = {wish.key: wish.named} if wish.deed is Deed.UPSERT and wish.key != "Id" else {}
    given = [(_field(sobject, name), value) for name, value in {**named, **wish.values}.items()]
    if made and any(field.name == "Id" for field, _ in given):
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", "cannot specify Id in an insert call", "Id")
    may = createable if made else updateable
    if unwritable := [field.name for field, _ in given if not may(field)]:
        told = (
            f"Unable to create/update fields: {', '.join(unwritable)}. Please check the security settings of this "
            "field and verify that it is read/write for your profile or permission set."
        )
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", told, *unwritable)
    values = {field.name: value_of(field, value) for field, value in given}
    if not made:
        _refuse_empty(sobject, [name for name, value in values.items() if value is None])
    return values


def fill_in(sobject: SObjectType, values: dict[str, JsonValue], user: str, moment: str) -> None:
    """Add to a new record what Salesforce has where the client says nothing.

    Raises:
        Refusal: There is something that only the client can say.
    """
    known = _by_name(sobject)
    ready: dict[str, JsonValue] = {"OwnerId": user, **DEFAULTS.get(sobject.name, {})}
    ready |= {field.name: False for field in sobject.fields if field.type == "boolean"}
    for name, value in ready.items():
        if name.lower() in known and values.get(name) is None:
            values[name] = value
    _refuse_empty(
        sobject, [field.name for field in sobject.fields if createable(field) and values.get(field.name) is None]
    )
    values |= {"CreatedDate": moment, "CreatedById": user}


def worked_out(
    draft: Draft, sobject: SObjectType, row: Changed | None, values: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """Return the fields that hang on those that are written; `row` is the record before, None if there was none."""
    found: dict[str, JsonValue] = {}
    for rule in derived(sobject):
        if row is not None and values.keys().isdisjoint(rule.of):
            continue
        before = dict.fromkeys(rule.of) if row is None else draft.values(sobject.name, row, rule.of)
        after = {name: values.get(name, before[name]) for name in rule.of}
        found[rule.name] = rule.make(after, draft)
    return found


def refuse_invalid(draft: Draft, sobject: SObjectType, row: Changed | None, values: Mapping[str, JsonValue]) -> None:
    """Let the object's validation rules look at a record; `row` is the one before, None if there was none.

    Raises:
        Refusal: One of them refuses it.
    """
    for rule in sobject.validations:
        before = None if row is None else draft.values(sobject.name, row, [rule.field])[rule.field]
        if values.get(rule.field, before) in (None, ""):
            at = [rule.field] if rule.at_field else []
            raise Refusal("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, *at)


def _field(sobject: SObjectType, name: str) -> Field:
    field = _by_name(sobject).get(name.lower())
    if field is None:
        raise Refusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject.name}")
    return field


def _refuse_empty(sobject: SObjectType, empty: Iterable[str]) -> None:
    if missing := [name for name in empty if not _by_name(sobject)[name.lower()].nillable]:
        raise Refusal("REQUIRED_FIELD_MISSING", f"Required fields are missing: [{', '.join(missing)}]", *missing)


@cache
def _by_name(sobject: SObjectType) -> Mapping[str, Field]:
    return MappingProxyType({field.name.lower(): field for field in sobject.fields})
