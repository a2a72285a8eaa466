"""Batches of records that are created, changed, or made unless they are there.

Belongs here: `POST …/batch/create`, `/update`, `/upsert`, which inputs fail alone and which all together.
Does not: single records (`writes`), the envelope (`batches`).

Inputs with an `objectWriteTraceId` succeed or fail one by one; without it, one wrong value refuses the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.http import errors
from sandbox.hubspot.http.batches import absent, batch
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid
from sandbox.hubspot.http.listing import MOST_LISTED
from sandbox.hubspot.http.records import id_of, read_back, with_more
from sandbox.hubspot.http.replies import Reply
from sandbox.hubspot.http.writes import change_of
from sandbox.hubspot.model import Change, ObjectType, Refused


@dataclass(frozen=True, slots=True)
class _Input:
    """An input, and what its result says beside the record."""

    change: Change
    more: dict[str, Any]


def create(call: Call) -> Reply:
    """Make records."""
    kind = call.object_type
    inputs = [_Input(change_of(call, kind, given), _trace(given)) for given in call.inputs(MOST_LISTED)]
    texts, refused = _write(call, kind, inputs)
    return batch(call, texts, refused, 201)


def update(call: Call) -> Reply:
    """Change records; an id that was merged away does not lead on here."""
    kind, inputs, missing = call.object_type, [], []
    for given in call.inputs(MOST_LISTED):
        record_id = _there(call, kind, given)
        if record_id is None:
            missing.append(str(given.get("id", "")))
        else:
            inputs.append(_Input(change_of(call, kind, given, record_id), _trace(given)))
    texts, refused = _write(call, kind, inputs)
    return batch(call, texts, [*refused, *absent(kind, missing)])


def upsert(call: Call) -> Reply:
    """Change the records that have a unique value, make those that are not there."""
    kind, inputs, seen = call.object_type, [], set()
    for given in call.inputs(MOST_LISTED):
        by, value = str(given.get("idProperty") or ""), str(given.get("id", ""))
        if not any(made.name == by and made.unique for made in kind.properties):
            raise invalid(f"The property {by!r} of {kind.name} is not unique", "INVALID_ID_PROPERTY", idProperty=by)
        if (by, value) in seen:
            raise invalid("The ids of the inputs must differ", "DUPLICATE_ID")
        seen.add((by, value))
        found = call.portal.find(kind, by, value)
        wanted = given.get("properties") or {}
        values = {by: value, **wanted} if isinstance(wanted, dict) else wanted
        change = change_of(call, kind, {"properties": values}, found)
        inputs.append(_Input(change, {"new": found is None, **_trace(given)}))
    texts, refused = _write(call, kind, inputs)
    return batch(call, texts, refused)


def _write(call: Call, kind: ObjectType, inputs: Sequence[_Input]) -> tuple[list[bytes], list[errors.Error]]:
    alone = any("objectWriteTraceId" in each.more for each in inputs)
    texts: list[bytes] = []
    refused: list[errors.Error] = []
    for group in ([each] for each in inputs) if alone else ([inputs] if inputs else []):
        try:
            texts += _written(call, kind, group)
        except Refused as one:
            if not alone:
                raise
            one.context |= {"objectWriteTraceId": [group[0].more["objectWriteTraceId"]]}
            refused.append(errors.of_inputs(one))
    return texts, refused


def _written(call: Call, kind: ObjectType, inputs: Sequence[_Input]) -> list[bytes]:
    ids = call.portal.write(kind, [each.change for each in inputs])
    names = list(dict.fromkeys(name for each in inputs for name in each.change.properties))
    texts = read_back(call, kind, ids, names)
    return [with_more(text, each.more) if each.more else text for text, each in zip(texts, inputs, strict=True)]


def _there(call: Call, kind: ObjectType, given: dict[str, Any]) -> int | None:
    record_id = id_of(call.portal, kind, given.get("id", ""), given.get("idProperty"))
    return record_id if record_id is not None and call.portal.live(kind, record_id) else None


def _trace(given: dict[str, Any]) -> dict[str, Any]:
    trace = given.get("objectWriteTraceId")
    return {} if trace is None else {"objectWriteTraceId": str(trace)}
