"""Associations as requests and replies have them.

Belongs here: reading the two ends and the types of one, the shapes of version 4.
Does not: the calls (`associations`, `association_writes`, `associations_v3`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import Error, invalid, of_inputs
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import as_json
from sandbox.hubspot.model import Edge, Label, ObjectType, Refused

Ends = tuple[int, int]


def ends(given: Mapping[str, Any]) -> Ends:
    """Return the ids of an input's `from` and `to`.

    Raises:
        Refused: They are none.
    """
    found = [whole(end.get("id", "")) for end in (given.get("from"), given.get("to")) if isinstance(end, dict)]
    if len(found) != 2 or found[0] is None or found[1] is None:
        raise invalid("An association has `from` and `to`, each with an `id`", "INVALID_ASSOCIATION")
    return found[0], found[1]


def labels_of(call: Call, kind: ObjectType, to: ObjectType, types: Any) -> tuple[Label, ...]:
    """Return the labels that a list of `associationCategory` and `associationTypeId` names.

    Raises:
        Refused: There are no such types between the two.
    """
    try:
        wanted = [(str(each["associationCategory"]), int(each["associationTypeId"])) for each in types]
    except (KeyError, TypeError, ValueError):
        raise invalid("types is a list of associationCategory and associationTypeId", "INVALID_TYPES") from None
    found = tuple(label for label in call.portal.labels(kind, to) if (label.category, label.type_id) in wanted)
    if not wanted or len(found) != len(set(wanted)):
        raise invalid(f"There are no such types between {kind.name} and {to.name}", "INVALID_ASSOCIATION_TYPE")
    return found


def default_labels(call: Call, kind: ObjectType, to: ObjectType) -> tuple[Label, ...]:
    """Return the type of an association without a label.

    Raises:
        Refused: The two cannot be associated.
    """
    for label in call.portal.labels(kind, to):
        if label.label is None:
            return (label,)
    raise invalid(f"{kind.name} and {to.name} cannot be associated", "INVALID_ASSOCIATION_TYPE")


def from_id(edges: Sequence[Edge], after: str) -> Sequence[Edge]:
    """Return the edges from the one on that a page before named."""
    first = whole(after) or 0
    return [edge for edge in edges if edge.to >= first] if first else edges


def edge_text(edge: Edge) -> bytes:
    """Return the JSON of an edge as version 4 has it: the id is a number."""
    return b'{"toObjectId":%d,"associationTypes":%b}' % (edge.to, _labels_text(edge.labels))


@cache
def _labels_text(labels: tuple[Label, ...]) -> bytes:
    """Return the JSON of labels; a portal has a few dozen combinations, and a reply a thousand edges."""
    return as_json([label_shown(label) for label in labels])


def label_shown(label: Label) -> dict[str, Any]:
    """Return a type of association."""
    return {"category": label.category, "typeId": label.type_id, "label": label.label}


def no_edges(kind: ObjectType, to: ObjectType, ids: Sequence[int]) -> list[Error]:
    """Return what a 207 says of records that have no associations towards a type."""
    return [
        of_inputs(
            Refused(
                404,
                "OBJECT_NOT_FOUND",
                f"No {to.singular} is associated with {kind.singular} {record_id}.",
                context={
                    "fromObjectId": [str(record_id)],
                    "fromObjectType": [kind.singular],
                    "toObjectType": [to.singular],
                },
            )
        )
        | {"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND"}
        for record_id in ids
    ]
