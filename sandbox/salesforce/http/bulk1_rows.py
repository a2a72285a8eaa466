"""Batches of rows of Bulk API 1.0, in JSON: written when they come, results in the order of the rows.

Belongs here: from JSON to what rows want, and back. Does not: addresses and jobs (`bulk1`), what may be written
(`sandbox.salesforce.writing`).
"""

import json
from typing import Any

from starlette.responses import Response

from sandbox.salesforce.bulk.batches import Parent, Rows
from sandbox.salesforce.bulk.ingest_rows import CHUNK
from sandbox.salesforce.http.call import Call, timestamp
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.granting import grant
from sandbox.salesforce.org import SObjectType
from sandbox.salesforce.writing.wishes import Deed, Outcome, Wish

_MOST = 10_000


def holds(parent: Parent) -> bool:
    """Return whether the batches of a job are rows."""
    return parent.operation in tuple(Deed)


def key_of(sobject: SObjectType, name: str) -> str:
    """Return the field by which rows of an object are upserted, in its canonical spelling.

    Raises:
        ApiError: It is no external id.
    """
    field = next((each for each in sobject.fields if each.name.lower() == name.lower()), None)
    if field is None or not (field.external_id or field.name == "Id"):
        raise ApiError(400, "InvalidJob", f"External ID was blank or is not valid for {sobject.name}: {name}")
    return field.name


def add(call: Call, parent: Parent) -> Response:
    """Answer the POST of rows."""
    _read(call.body)
    batch = call.batches.add_rows(call.org, parent, call.body)
    return _json(info(call, batch), 201)


def show(call: Call, parent: Parent) -> Response:
    """Answer the GET of a batch."""
    return _json(info(call, _batch(call, parent)))


def request(call: Call, parent: Parent) -> Response:
    """Answer the GET of what was sent."""
    return Response(_batch(call, parent).data, media_type="application/json")


def results(call: Call, parent: Parent) -> Response:
    """Answer the GET of what came of each row."""
    return _json([_shown(outcome) for outcome in _written(call, _batch(call, parent))])


def info(call: Call, batch: Rows) -> dict[str, Any]:
    """Return what is told of a batch, whose rows are written by then."""
    outcomes, created = _written(call, batch), timestamp(batch.created)
    return {
        "id": batch.id,
        "jobId": batch.parent.id,
        "state": "Completed",
        "stateMessage": None,
        "createdDate": created,
        "systemModstamp": created,
        "numberRecordsProcessed": len(outcomes),
        "numberRecordsFailed": sum(outcome.refusal is not None for outcome in outcomes),
        "totalProcessingTime": len(outcomes),
        "apiActiveProcessingTime": len(outcomes),
        "apexProcessingTime": 0,
    }


def counts(call: Call, parent: Parent) -> dict[str, Any]:
    """Return what is told of the batches of a job together."""
    told = [info(call, batch) for batch in call.batches.rows_of(parent)]
    upsert = {"externalIdFieldName": parent.key} if parent.key else {}
    summed = {name: sum(each[name] for each in told) for name in ("numberRecordsProcessed", "numberRecordsFailed")}
    return {**upsert, "numberBatchesCompleted": len(told), "numberBatchesTotal": len(told), **summed}


def _batch(call: Call, parent: Parent) -> Rows:
    for batch in call.batches.rows_of(parent):
        if batch.id == call.path["batch"]:
            return batch
    raise ApiError(400, "InvalidBatch", f"Unable to find a batch with id {call.path['batch']}")


def _written(call: Call, batch: Rows) -> list[Outcome]:
    """Write the rows of a batch, those that are written already never again, and return what came of each."""
    rows = _read(batch.data)
    outcomes: list[Outcome] = []
    for start in range(0, len(rows), CHUNK):
        mark = f"{batch.id}/{start}"
        wishes = [_wish(batch.parent, row) for row in rows[start : start + CHUNK]]
        outcomes += call.org.marked(mark) or grant(call, wishes, mark=mark)
    return outcomes


def _wish(parent: Parent, row: dict[str, Any]) -> Wish:
    deed, key = Deed(parent.operation), parent.key or "Id"
    given = {name: value for name, value in row.items() if name != "attributes"}
    named = next((given.pop(name) for name in list(given) if name.lower() == key.lower()), None)
    values = {} if deed is Deed.DELETE else given
    return Wish(deed, parent.sobject, values, None if named is None else str(named), key)


def _read(data: bytes) -> list[dict[str, Any]]:
    try:
        rows = json.loads(data)
    except ValueError:
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ApiError(400, "InvalidBatch", "Failed to parse JSON: a list of objects is expected")
    if len(rows) > _MOST:
        raise ApiError(400, "InvalidBatch", f"Records in batch exceed the limit of {_MOST}")
    return rows


def _shown(outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    errors = []
    if refusal:
        fields = list(refusal.fields)
        errors = [
            {"message": refusal.message, "fields": fields, "statusCode": refusal.code, "extendedErrorDetails": None}
        ]
    return {"success": refusal is None, "created": outcome.created, "id": outcome.id, "errors": errors}


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, media_type="application/json")
