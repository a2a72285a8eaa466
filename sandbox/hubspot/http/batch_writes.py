"""Batches of records that are created, changed, or made unless they are there.

Belongs here: `POST …/batch/create`, `/update`, `/upsert`, which inputs fail alone and which all together.
Does not: single records (`writes`), the envelope (`batches`).

Inputs with an `objectWriteTraceId` succeed or fail one by one; without it, one wrong value refuses the batch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.http import errors
from sandbox.hubspot.http.batches import absent, batch
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid
from sandbox.hubspot.http.listing import MOST_LISTED
from sandbox.hubspot.http.records import id_of, read_back, with_more
from sandbox.hubspot.http.replies import Reply
from sandbox.hubspot.http.writes import change_of, refuse_struck, write
from sandbox.hubspot.model import ObjectType, Refused

_TOGETHER = 10
"""Inputs that fail alone and are durable together: a flush takes longer than they, and others wait meanwhile."""


@dataclass(frozen=True, slots=True)
class _Input:
    """An input, the record that it is about if that is there, and what its result says beside the record."""

    given: dict[str, Any]
    record_id: int | None
    more: dict[str, Any]


def create(call: Call) -> Reply:
    """Make records."""
    kind = call.object_type
    texts, refused = _write(call, kind, lambda given: _Input(given, None, _trace(given)))
    return batch(call, texts, refused, 201)


def update(call: Call) -> Reply:
    """Change records; an id that was merged away does not lead on here."""
    kind, missing = call.object_type, []
    for by in dict.fromkeys(str(given["idProperty"]) for given in call.inputs(MOST_LISTED) if given.get("idProperty")):
        _need_unique(call, kind, by)

    def read(given: dict[str, Any]) -> _Input | None:
        record_id = _there(call, kind, given)
        if record_id is None:
            missing.append(str(given.get("id", "")))
        return None if record_id is None else _Input(given, record_id, _trace(given))

    texts, refused = _write(call, kind, read)
    return batch(call, texts, [*refused, *absent(kind, missing)])


def upsert(call: Call) -> Reply:
    """Change the records that have a unique value, make those that are not there."""
    kind = call.object_type
    for by in dict.fromkeys(str(given.get("idProperty") or "") for given in call.inputs(MOST_LISTED)):
        _need_unique(call, kind, by)

    def read(given: dict[str, Any]) -> _Input:
        by, value, wanted = str(given["idProperty"]), str(given.get("id", "")), given.get("properties") or {}
        found = call.portal.find(kind, by, value)
        values = {by: value, **wanted} if isinstance(wanted, dict) else wanted
        return _Input({"properties": values}, found, {"new": found is None, **_trace(given)})

    texts, refused = _write(call, kind, read)
    return batch(call, texts, refused)


def _need_unique(call: Call, kind: ObjectType, by: str) -> None:
    """Make sure that a property tells records apart; the id of a record is none.

    Raises:
        Refused: It does not.
    """
    if not any(made.name == by and made.unique for made in kind.properties):
        told = f"Unable to perform update/upsert by non-unique {kind.type_id} property {by}"
        raise invalid(f"{told} in portal ID {call.portal.hub_id}")


def _write(
    call: Call, kind: ObjectType, read: Callable[[dict[str, Any]], _Input | None]
) -> tuple[list[bytes], list[errors.Error]]:
    """Write what `read` makes of the inputs, some together or all, once nobody else can write."""
    given = call.inputs(MOST_LISTED, once="id" in call.inputs(MOST_LISTED)[0])
    alone = any(each.get("objectWriteTraceId") is not None for each in given)
    texts: list[bytes] = []
    refused: list[errors.Error] = []
    size = _TOGETHER if alone else len(given)
    for start in range(0, len(given), size):
        with call.portal.writing():
            inputs = [each for each in map(read, given[start : start + size]) if each]
            if not alone:
                return _written(call, kind, inputs) if inputs else [], []
            for each in inputs:
                _write_alone(call, kind, each, texts, refused)
    return texts, refused


def _write_alone(call: Call, kind: ObjectType, one: _Input, texts: list[bytes], refused: list[errors.Error]) -> None:
    try:
        texts += _written(call, kind, [one])
    except Refused as why:
        why.context |= {"objectWriteTraceId": [one.more.get("objectWriteTraceId", "")]}
        refused.append(errors.of_inputs(why))


def _written(call: Call, kind: ObjectType, inputs: Sequence[_Input]) -> list[bytes]:
    for each in inputs:
        refuse_struck(call, kind, each.given)
    changes = [change_of(call, kind, each.given, each.record_id) for each in inputs]
    ids = write(call, kind, changes)
    names = list(dict.fromkeys(name for change in changes for name in change.properties))
    texts = read_back(call, kind, ids, names)
    return [with_more(text, each.more) if each.more else text for text, each in zip(texts, inputs, strict=True)]


def _there(call: Call, kind: ObjectType, given: dict[str, Any]) -> int | None:
    record_id = id_of(call.portal, kind, given.get("id", ""), given.get("idProperty"))
    return record_id if record_id is not None and call.portal.live(kind, record_id) else None


def _trace(given: dict[str, Any]) -> dict[str, Any]:
    trace = given.get("objectWriteTraceId")
    return {} if trace is None else {"objectWriteTraceId": str(trace)}
