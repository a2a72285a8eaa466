"""Single records over REST: made, changed, deleted, upserted, and found by an external id.

Belongs here: `/sobjects/X` and `/sobjects/X/{field}/{value}` as far as they write. Does not: many at once
(`collections`), what may be written (`sandbox.salesforce.writing`).
"""

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import Ambiguous, ApiError, from_writing, not_found
from sandbox.salesforce.http.granting import grant
from sandbox.salesforce.http.sobjects import shown
from sandbox.salesforce.ids import to15
from sandbox.salesforce.writing.wishes import Deed, Outcome, Wish

_TELLS_UPDATES = 46
"""The API version from which on an upsert that changes a record answers 200 with a body, not 204."""


def create(call: Call) -> Response:
    """Answer the POST that makes a record."""
    made = _written(call, Wish(Deed.INSERT, _name(call), call.document))
    return JSONResponse({"id": made.id, "success": True, "errors": []}, 201)


def update(call: Call) -> Response:
    """Answer the PATCH of a record by its id."""
    _written(call, Wish(Deed.UPDATE, _name(call), call.document, _id(call)))
    return Response(status_code=204)


def delete(call: Call) -> Response:
    """Answer the DELETE of a record by its id."""
    _written(call, Wish(Deed.DELETE, _name(call), named=_id(call)))
    return Response(status_code=204)


def by_key(call: Call) -> Any:
    """Answer the GET of a record by an external id."""
    return shown(call, _name(call), _there(call))


def delete_by_key(call: Call) -> Response:
    """Answer the DELETE of a record by an external id."""
    _written(call, Wish(Deed.DELETE, _name(call), named=_there(call)))
    return Response(status_code=204)


def upsert(call: Call) -> Response:
    """Answer the PATCH that changes the record of an external id, or makes it."""
    name, field, values = _name(call), call.path["field"], call.document
    if field.lower() in {given.lower() for given in values} and field.lower() != "id":
        raise ApiError(400, "INVALID_FIELD", f"The {field} field should not be specified in the sobject data.")
    _only(call)
    written = _written(call, Wish(Deed.UPSERT, name, values, call.path["value"], field))
    if not written.created and float(call.version) < _TELLS_UPDATES:
        return Response(status_code=204)
    body: dict[str, Any] = {"id": written.id, "success": True, "errors": [], "created": written.created}
    return JSONResponse(body, 201 if written.created else 200)


def _name(call: Call) -> str:
    return call.org.sobject(call.path["name"]).name


def _id(call: Call) -> str:
    if to15(call.path["id"]) is None or call.org.get(call.path["name"], call.path["id"]) is None:
        raise not_found()
    return call.path["id"]


def _only(call: Call) -> str | None:
    """Return the id of the record that has an external id, None if none has it.

    Raises:
        ApiError: 300 with the addresses of all, if several have it.
    """
    ids = call.org.named(_name(call), call.path["field"], call.path["value"])
    if len(ids) > 1:
        raise Ambiguous([f"{call.base}/sobjects/{_name(call)}/{each}" for each in ids])
    return ids[0] if ids else None


def _there(call: Call) -> str:
    record_id = _only(call)
    if record_id is None:
        raise not_found()
    return record_id


def _written(call: Call, wish: Wish) -> Outcome:
    (outcome,) = grant(call, [wish])
    if outcome.refusal:
        raise from_writing(outcome.refusal)
    return outcome
