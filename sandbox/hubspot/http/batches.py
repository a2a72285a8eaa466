"""Batches of records that are read or archived, and the envelope that all batches come back in.

Belongs here: `POST …/batch/read` and `/archive`, 207 and its errors. Does not: batches that write values (`writes`).
"""

from collections.abc import Sequence
from typing import Any

from sandbox.hubspot.http import errors
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.listing import MOST_LISTED, MOST_WITH_HISTORY
from sandbox.hubspot.http.records import id_of, whole, with_history
from sandbox.hubspot.http.replies import NOTHING, Reply, as_json, listed
from sandbox.hubspot.model import ObjectType, Refused
from sandbox.hubspot.moments import written


def read(call: Call) -> Reply:
    """Answer those of the named records that are there; 207 names the others."""
    kind, history = call.object_type, call.strings("propertiesWithHistory")
    inputs = call.inputs(MOST_WITH_HISTORY if history else MOST_LISTED)
    ids = _ids(call, kind, [str(item.get("id", "")) for item in inputs])
    wanted = [record_id for record_id in ids.values() if record_id is not None]
    page = call.portal.read(kind, wanted, call.strings("properties"), archived=call.flag("archived"))
    there = set(page.ids)
    missing = [text for text, record_id in ids.items() if record_id not in there]
    return batch(call, with_history(call, kind, page, history), absent(kind, missing))


def archive(call: Call) -> Reply:
    """Archive records; those that are not there are passed over."""
    ids = (whole(item.get("id", "")) for item in call.inputs(MOST_LISTED))
    call.portal.archive(call.object_type, [record_id for record_id in ids if record_id is not None])
    return NOTHING


def absent(kind: ObjectType, ids: Sequence[str]) -> list[errors.Error]:
    """Return what a 207 says of inputs whose records are not there; nothing if there are none."""
    told = f"Could not get some {kind.singular.upper()} objects, they may be deleted or not exist."
    said = f"{told} Check that ids are valid."
    refused = Refused(404, "OBJECT_NOT_FOUND", said, context={"ids": list(ids)})
    return [errors.of_inputs(refused)] if ids else []


def batch(call: Call, texts: Sequence[bytes], refused: Sequence[errors.Error] = (), status: int = 200) -> Reply:
    """Return the results of a batch, with 207 in place of `status` if some inputs were refused."""
    now = written(call.portal.now())
    told: dict[str, Any] = {"startedAt": now, "completedAt": now}
    if refused:
        told |= {"numErrors": len(refused), "errors": refused}
        status = 207
    return listed(texts, b'"status":"COMPLETE",', b"," + as_json(told)[1:-1], status)


def _ids(call: Call, kind: ObjectType, texts: Sequence[str]) -> dict[str, int | None]:
    """Return the id behind each text that was given, by `idProperty` if the body has one."""
    by = call.document.get("idProperty")
    return {text: id_of(call.portal, kind, text, by) for text in texts}
