"""Which record is meant: by its id, by an external id; values that only one record may have.

Belongs here: finding it, what is wrong with its name. Does not: references to other records (`references`).
"""

from collections.abc import Mapping

from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.living.row import SEEN, UNSEEN, Changed
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.writing.draft import Draft
from sandbox.salesforce.writing.wishes import Deed, Refusal, Wish

_CALLS = {Deed.UPDATE: "an update", Deed.DELETE: "a delete"}


def find(draft: Draft, sobject: SObjectType, wish: Wish) -> Changed | None:
    """Return the record that a wish names; None for one that is to be made.

    Raises:
        Refusal: There is no such record, or there are several.
    """
    by_id = wish.key.lower() == "id"
    if wish.deed is Deed.INSERT or (wish.deed is Deed.UPSERT and by_id and not wish.named):
        return None
    if not wish.named:
        if wish.deed is not Deed.UPSERT:
            raise Refusal("MISSING_ARGUMENT", f"Id not specified in {_CALLS[wish.deed]} call")
        raise Refusal("MISSING_ARGUMENT", f"{wish.key} not specified", wish.key)
    return _of_id(draft, sobject, wish.named) if by_id else _of_key(draft, sobject, wish.key, wish.named)


def refuse_taken(draft: Draft, sobject: SObjectType, id15: str, values: Mapping[str, JsonValue]) -> None:
    """Make sure that no other record has a value of which there may be one.

    Raises:
        Refusal: One has it.
    """
    for field in (each for each in sobject.fields if each.unique):
        value = values.get(field.name)
        others = draft.holders(sobject.name, field.name, value) if isinstance(value, str) else []
        for other in (each for each in others if each.id != id15):
            name, shown = (field.name, to18(other.id)) if other.state == SEEN else ("<unknown>", "<unknown>")
            raise Refusal(
                "DUPLICATE_VALUE", f"duplicate value found: {name} duplicates value on record with id: {shown}"
            )


def _of_id(draft: Draft, sobject: SObjectType, named: str) -> Changed:
    id15 = to15(named)
    if id15 is None:
        raise Refusal("MALFORMED_ID", f"{sobject.label} ID: id value of incorrect type: {named}", "Id")
    row = draft.row(sobject.name, id15)
    if row is None:
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
    if row.deleted:
        raise Refusal("ENTITY_IS_DELETED", "entity is deleted")
    if row.state == UNSEEN:
        raise Refusal("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    return row


def _of_key(draft: Draft, sobject: SObjectType, key: str, named: str) -> Changed | None:
    field = next((each for each in sobject.fields if each.name.lower() == key.lower()), None)
    if field is None or not field.external_id:
        raise Refusal("INVALID_FIELD", f"Field name provided, {key} is not an External ID or indexed field", key)
    found = [row for row in draft.holders(sobject.name, field.name, named.strip()) if row.state == SEEN]
    if len(found) > 1:
        told = f"More than one record found for external id field: [{', '.join(to18(row.id) for row in found)}]"
        raise Refusal("DUPLICATE_EXTERNAL_ID", told)
    return found[0] if found else None
