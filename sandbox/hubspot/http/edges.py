"""Associations as requests and replies have them.

Belongs here: reading the two ends and the types of one, the shapes of version 4.
Does not: the calls (`associations`, `association_writes`, `associations_v3`).
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import Error, invalid, of_inputs
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import as_json
from sandbox.hubspot.model import Edge, Label, ObjectType, Refused

Ends = tuple[int, int]
Wish = TypeVar("Wish")


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
        between = {(label.category, label.type_id) for label in call.portal.labels(kind, to)}
        raise no_types([pair for pair in wanted if pair not in between])
    return found


def no_types(types: Iterable[tuple[str, object]]) -> Refused:
    """Return the refusal of types that associations between two types do not have."""
    named = [f"{category}={type_id}" for category, type_id in types]
    wrong = [f"{each} is not a valid association definition id" for each in named]
    context = {"associationSpec": named, "INVALID_ASSOCIATION_TYPE_ID": wrong}
    return Refused(400, "VALIDATION_ERROR", "One or more associations are invalid", context=context)


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


def no_ends(
    call: Call, kind: ObjectType, to: ObjectType, wishes: Sequence[tuple[Ends, Wish]]
) -> tuple[list[tuple[Ends, Wish]], list[Error]]:
    """Return the wishes whose two ends are there, and what a 207 says of the ends that are not."""
    there: list[tuple[Ends, Wish]] = []
    errors: list[Error] = []
    for wish in wishes:
        gone = [
            (word, each, record_id)
            for word, each, record_id in zip(("FROM", "TO"), (kind, to), wish[0], strict=True)
            if not call.portal.live(each, record_id)
        ]
        errors += [_no_end(*each) for each in gone]
        there += [] if gone else [wish]
    return there, errors


def _no_end(word: str, kind: ObjectType, record_id: int) -> Error:
    context = {"objectType": [kind.singular], "id": [str(record_id)]}
    told = f"No {kind.singular} with ID {record_id} exists"
    return of_inputs(Refused(404, "OBJECT_NOT_FOUND", told, context=context)) | {
        "subCategory": f"crm.associations.{word}_OBJECT_NOT_FOUND"
    }


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
