"""Records that are created, changed, archived, merged, erased, one by one.

Belongs here: those calls, and reading what a record is to become. Does not: batches of them (`batch_writes`).
"""

import json
from collections.abc import Sequence
from typing import Any

from sandbox.faults.seen import Seen
from sandbox.hubspot.checks import check_new, check_owner
from sandbox.hubspot.engagements import engage
from sandbox.hubspot.http.call import Call, items_of
from sandbox.hubspot.http.edges import no_types
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.listing import find_record
from sandbox.hubspot.http.records import id_of, read_back, whole
from sandbox.hubspot.http.replies import NOTHING, Reply
from sandbox.hubspot.model import Change, Edge, ObjectType, Refused
from sandbox.hubspot.portal import Portal


def create(call: Call) -> Reply:
    """Make a record."""
    kind = call.object_type
    refuse_struck(call, kind, call.document)
    change = change_of(call, kind, call.document)
    return Reply(read_back(call, kind, write(call, kind, [change]), [*change.properties])[0], 201)


def update(call: Call) -> Reply:
    """Change a record, also by an id that was merged away."""
    kind = call.object_type
    record = find_record(call, kind)
    if record is None or record.archived_at is not None:
        raise not_found()
    refuse_struck(call, kind, call.document)
    change = change_of(call, kind, call.document, record.id)
    if not change.properties:
        raise invalid("No properties found to update, please provide at least one.")
    call.portal.write(kind, [change])
    return Reply(read_back(call, kind, [record.id], [*change.properties])[0])


def archive(call: Call) -> Reply:
    """Archive a record; one that is not there is passed over."""
    record_id = whole(call.path["id"])
    if record_id is not None:
        call.portal.archive(call.object_type, [record_id])
    return NOTHING


def merge(call: Call) -> Reply:
    """Merge two records into a new one."""
    kind = call.object_type
    primary, other = (whole(call.document.get(name, "")) for name in ("primaryObjectId", "objectIdToMerge"))
    if primary is None or other is None or primary == other:
        raise invalid("primaryObjectId and objectIdToMerge are the ids of two records", "INVALID_IDS")
    record = call.portal.merge(kind, primary, other)
    return Reply(read_back(call, kind, [record.id], [])[0])


def erase(call: Call) -> Reply:
    """Remove a person's record for good."""
    kind, given = call.object_type, call.document
    record_id = id_of(call.portal, kind, given.get("objectId", ""), given.get("idProperty"))
    if record_id is not None:
        call.portal.erase(kind, record_id)
    return NOTHING


def write(call: Call, kind: ObjectType, changes: Sequence[Change]) -> Sequence[int]:
    """Make records and change them, and let contacts know of activities with them; return their ids.

    Raises:
        Refused: One of the changes cannot be made; none is.
    """
    with call.portal.writing():
        ids = call.portal.write(kind, changes)
        edges = [
            (name, (record_id, edge.to))
            for record_id, change in zip(ids, changes, strict=True)
            for name, edge in change.associations
        ]
        for name in {name for name, _ in edges}:
            engage(call.portal, kind, call.portal.type(name), [pair for other, pair in edges if other == name])
    return ids


def refuse_struck(call: Call, kind: ObjectType, given: dict[str, Any]) -> None:
    """Let a fault befall what is to be written.

    Raises:
        Refused: One does.
    """
    names = frozenset((kind.name, kind.singular, kind.type_id))
    portal = call.portal.name
    struck = call.services.item(
        lambda: Seen(call.kind, call.asked.path, json.dumps(given), portal=portal, objects=names)
    )
    if struck:
        raise Refused(423, struck.code or "LOCKED", struck.message or "The resource is locked")


def change_of(call: Call, kind: ObjectType, given: dict[str, Any], record_id: int | None = None) -> Change:
    """Read what a record is to become.

    Raises:
        Refused: There are no properties, or an association is none.
    """
    properties = given.get("properties")
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: properties must be an object", "INVALID_JSON")
    values = {name: None if value is None else _text(value) for name, value in properties.items()}
    if record_id is None:
        check_new(kind, values)
    check_owner(values, lambda: call.owner_ids)
    edges = () if record_id else tuple(_edge(call.portal, kind, each) for each in items_of(given, "associations"))
    return Change(values, record_id, edges)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _edge(portal: Portal, kind: ObjectType, given: Any) -> tuple[str, Edge]:
    try:
        to = whole(given["to"]["id"])
        types = [(str(each["associationCategory"]), int(each["associationTypeId"])) for each in given["types"]]
    except (KeyError, TypeError, ValueError):
        raise invalid("An association has `to` with an `id`, and `types`", "INVALID_ASSOCIATION") from None
    for other in portal.types():
        labels = [label for label in portal.labels(kind, other) if (label.category, label.type_id) in types]
        if to is not None and labels and len(labels) == len(types):
            return other.name, Edge(to, tuple(labels))
    raise no_types(types)
