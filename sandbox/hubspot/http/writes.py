"""Records that are created, changed, archived, merged, erased, one by one.

Belongs here: those calls, and reading what a record is to become. Does not: batches of them (`batch_writes`).
"""

from typing import Any

from sandbox.hubspot.http.call import Call, items_of
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.listing import find_record
from sandbox.hubspot.http.records import id_of, read_back, whole
from sandbox.hubspot.http.replies import NOTHING, Reply
from sandbox.hubspot.model import Change, Edge, ObjectType
from sandbox.hubspot.portal import Portal


def create(call: Call) -> Reply:
    """Make a record."""
    kind = call.object_type
    change = change_of(call, kind, call.document)
    return Reply(read_back(call, kind, call.portal.write(kind, [change]), [*change.properties])[0], 201)


def update(call: Call) -> Reply:
    """Change a record, also by an id that was merged away."""
    kind = call.object_type
    record = find_record(call, kind)
    if record is None or record.archived_at is not None:
        raise not_found()
    change = change_of(call, kind, call.document, record.id)
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


def change_of(call: Call, kind: ObjectType, given: dict[str, Any], record_id: int | None = None) -> Change:
    """Read what a record is to become.

    Raises:
        Refused: There are no properties, or an association is none.
    """
    properties = given.get("properties")
    if not isinstance(properties, dict):
        raise invalid("Invalid input JSON: properties must be an object", "INVALID_JSON")
    values = {name: None if value is None else _text(value) for name, value in properties.items()}
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
    raise invalid(f"{kind.name} have no associations of the types {types}", "INVALID_ASSOCIATION_TYPE")
