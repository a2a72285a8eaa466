"""Up to 200 records in one call: `/composite/sobjects` and what is below it.

Belongs here: bodies, the limit, results in the order of the request. Does not: what may be written
(`sandbox.salesforce.writing`).

A call that is well formed is answered 200, whatever became of its items.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.granting import grant
from sandbox.salesforce.http.sobjects import shown
from sandbox.salesforce.ids import to15
from sandbox.salesforce.writing.wishes import Deed, Outcome, Refusal, Wish

_MOST = 200


def create(call: Call) -> list[dict[str, Any]]:
    """Answer the POST that makes records."""
    wishes = [Wish(Deed.INSERT, _kind(record), _values(record)) for record in _records(call)]
    return _written(call, wishes)


def update(call: Call) -> list[dict[str, Any]]:
    """Answer the PATCH that changes records, each by its `id`."""
    wishes = []
    for record in _records(call):
        values = _values(record)
        named = next((values.pop(name) for name in list(values) if name.lower() == "id"), None)
        wishes.append(Wish(Deed.UPDATE, _kind(record), values, None if named is None else str(named)))
    return _written(call, wishes)


def upsert(call: Call) -> list[dict[str, Any]]:
    """Answer the PATCH that changes the records of some external ids, and makes those that are not there."""
    kind, key = call.org.sobject(call.path["name"]), call.path["field"]
    field = next((each for each in kind.fields if each.name.lower() == key.lower()), None)
    if field is None or not (field.external_id or field.name == "Id"):
        told = f"Provided external ID field does not exist or is not accessible: {key}"
        raise ApiError(404, "NOT_FOUND", told)
    wishes = []
    for record in _records(call):
        values = _values(record)
        named = next((values.pop(name) for name in list(values) if name.lower() == key.lower()), None)
        name = _kind(record)
        if name.lower() != kind.name.lower():
            raise ApiError(400, "INVALID_INPUT", f"All records must be of the type {kind.name}: {name}")
        wishes.append(Wish(Deed.UPSERT, name, values, None if named is None else str(named), field.name))
    return _written(call, wishes, tells_created=True)


def delete(call: Call) -> list[dict[str, Any]]:
    """Answer the DELETE of the records of `?ids=`."""
    ids = [text.strip() for text in call.params.get("ids", "").split(",") if text.strip()]
    _check_number(len(ids))
    objects = {kind.key_prefix: kind.name for kind in call.org.sobjects()}
    wishes = [Wish(Deed.DELETE, objects.get(each[:3], ""), named=each, struck=_bad(each, objects)) for each in ids]
    return _shown(call, wishes, call.params.get("allOrNone") == "true")


def retrieve(call: Call) -> list[dict[str, Any] | None]:
    """Answer the GET, or POST, that reads records by their ids; one that is not there is null."""
    asked = call.document if call.method == "POST" else call.params
    ids, fields = (_names(asked.get(name)) for name in ("ids", "fields"))
    if not fields:
        raise ApiError(400, "MISSING_ARGUMENT", "fields: the names of fields are expected")
    return [_read(call, each, fields) for each in ids]


def _read(call: Call, record_id: str, fields: Sequence[str]) -> dict[str, Any] | None:
    only = replace(call, params={"fields": ",".join(fields)})
    try:
        return shown(only, call.path["name"], record_id)
    except ApiError as refusal:
        if refusal.status != 404:
            raise
        return None


def _names(given: Any) -> list[str]:
    names = given if isinstance(given, list) else str(given or "").split(",")
    return [str(each) for each in names if each]


def _bad(record_id: str, objects: Mapping[str, str]) -> Refusal | None:
    """Return the refusal of an id that is none, None for one that may be."""
    known = to15(record_id) is not None and record_id[:3] in objects
    return None if known else Refusal("MALFORMED_ID", f"bad id {record_id}")


def _written(call: Call, wishes: Sequence[Wish], *, tells_created: bool = False) -> list[dict[str, Any]]:
    return _shown(call, wishes, call.document.get("allOrNone") is True, tells_created=tells_created)


def _shown(
    call: Call, wishes: Sequence[Wish], all_or_none: bool, *, tells_created: bool = False
) -> list[dict[str, Any]]:
    outcomes = grant(call, wishes, all_or_none=all_or_none)
    return [_result(outcome, tells_created=tells_created) for outcome in outcomes]


def _result(outcome: Outcome, *, tells_created: bool) -> dict[str, Any]:
    created = {"created": outcome.created} if tells_created else {}
    refusal = outcome.refusal
    if refusal is None:
        return {"id": outcome.id, "success": True, "errors": [], **created}
    error = {"statusCode": refusal.code, "message": refusal.message, "fields": list(refusal.fields)}
    return {"success": False, "errors": [error], **created}


def _records(call: Call) -> list[dict[str, Any]]:
    records = call.document.get("records")
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise ApiError(400, "JSON_PARSER_ERROR", "records: a list of objects is expected")
    _check_number(len(records))
    return records


def _check_number(items: int) -> None:
    if items == 0:
        raise ApiError(400, "INVALID_INPUT", "There are no records to be written")
    if items > _MOST:
        told = f"record limit reached. cannot submit more than {_MOST} records into this call"
        raise ApiError(400, "EXCEEDED_ID_LIMIT", told)


def _kind(record: dict[str, Any]) -> str:
    attributes = record.get("attributes")
    name = attributes.get("type") if isinstance(attributes, dict) else None
    if not isinstance(name, str):
        raise ApiError(400, "INVALID_INPUT", f"Include a type with each record: {json.dumps(record)[:60]}")
    return name


def _values(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "attributes"}
