"""Making and removing associations, version 4.

Belongs here: one and many, with labels and without. Does not: reading them (`associations`), what is said of ends that
are not there (`edges`).
"""

from typing import Any

from sandbox.hubspot.associations import not_there
from sandbox.hubspot.engagements import associate
from sandbox.hubspot.http.associations import there
from sandbox.hubspot.http.batches import batch
from sandbox.hubspot.http.call import Call, items_of
from sandbox.hubspot.http.edges import Ends, default_labels, ends, labels_of, no_ends, no_types
from sandbox.hubspot.http.records import edge_names, read_back, with_associations
from sandbox.hubspot.http.replies import NOTHING, Reply, as_json, json_reply
from sandbox.hubspot.model import Edge, Label, ObjectType

MOST_WRITTEN = 2000


def create(call: Call) -> Reply:
    """Make associations, or set their labels anew; 207 names the ends that are not there."""
    kind, to = call.type_at("from"), call.type_at("to")
    inputs = call.inputs(MOST_WRITTEN)
    wishes = [(ends(given), labels_of(call, kind, to, given.get("types"))) for given in inputs]
    with call.portal.writing():
        there, refused = no_ends(call, kind, to, wishes)
        associate(call.portal, kind, to, there)
    texts = [as_json(_shown(kind, to, pair, wanted)) for pair, wanted in there]
    return batch(call, texts, refused, 201)


def create_default(call: Call) -> Reply:
    """Make associations without a label, all or none."""
    kind, to = call.type_at("from"), call.type_at("to")
    pairs = [ends(given) for given in call.inputs(MOST_WRITTEN)]
    with call.portal.writing():
        ends_of = [end for pair in pairs for end in zip((kind, to), pair, strict=True)]
        if gone := [end for end in ends_of if not call.portal.live(*end)]:
            raise not_there(gone)
        return batch(call, _defaults(call, kind, to, pairs))


def archive(call: Call) -> Reply:
    """Remove associations."""
    kind, to = call.type_at("from"), call.type_at("to")
    for given in call.inputs(MOST_WRITTEN):
        for other in items_of(given, "to"):
            pair = ends({"from": given.get("from"), "to": other})
            call.portal.dissociate(kind, pair[0], to, pair[1])
    return NOTHING


def archive_labels(call: Call) -> Reply:
    """Take some labels off associations; whoever takes the type without a label, which each has, takes all."""
    kind, to = call.type_at("from"), call.type_at("to")
    for given in call.inputs(MOST_WRITTEN):
        pair, gone = ends(given), labels_of(call, kind, to, given.get("types"))
        edges = call.portal.associated(kind, [pair[0]], to).get(pair[0], ())
        held = [label for edge in edges if edge.to == pair[1] for label in edge.labels]
        if any(label.label is None for label in gone):
            call.portal.dissociate(kind, pair[0], to, pair[1])
        elif held:
            left = tuple(label for label in held if label not in gone)
            call.portal.associate(kind, pair[0], to, Edge(pair[1], left))
    return NOTHING


def put(call: Call) -> Reply:
    """Make one association, or set its labels anew."""
    kind, to = call.object_type, call.type_at("to")
    pair, wanted = (there(call, kind), _other(call)), labels_of(call, kind, to, call.document_list)
    associate(call.portal, kind, to, [(pair, wanted)])
    return json_reply(_shown(kind, to, pair, wanted), 201)


def put_default(call: Call) -> Reply:
    """Make one association without a label."""
    kind = call.object_type
    return batch(call, _defaults(call, kind, call.type_at("to"), [(there(call, kind), _other(call))]))


def put_typed(call: Call) -> Reply:
    """Make one association of a type that the address names by its number or word, as calls are associated of old."""
    kind, to = call.object_type, call.type_at("to")
    record_id, label = there(call, kind), _typed(call, kind, to)
    associate(call.portal, kind, to, [((record_id, _other(call)), (label,))])
    return Reply(with_associations(call, kind, [record_id], read_back(call, kind, [record_id], []), [to.name])[0])


def delete_typed(call: Call) -> Reply:
    """Remove one association of such a type."""
    _typed(call, call.object_type, call.type_at("to"))
    return delete(call)


def delete(call: Call) -> Reply:
    """Remove one association."""
    kind = call.object_type
    call.portal.dissociate(kind, there(call, kind), call.type_at("to"), _other(call))
    return NOTHING


def _defaults(call: Call, kind: ObjectType, to: ObjectType, pairs: list[Ends]) -> list[bytes]:
    texts, wanted = [], default_labels(call, kind, to)
    associate(call.portal, kind, to, [(pair, wanted) for pair in pairs])
    for pair in pairs:
        spec = {"associationCategory": wanted[0].category, "associationTypeId": wanted[0].type_id}
        told = {"from": {"id": str(pair[0])}, "to": {"id": str(pair[1])}, "associationSpec": spec}
        texts.append(as_json(told))
    return texts


def _typed(call: Call, kind: ObjectType, to: ObjectType) -> Label:
    named, words = call.path["label"], edge_names(call.portal, kind, to)
    for label in call.portal.labels(kind, to):
        if named in {str(label.type_id), words[label.type_id]}:
            return label
    raise no_types([("HUBSPOT_DEFINED", named)])


def _other(call: Call) -> int:
    return ends({"from": {"id": "0"}, "to": {"id": call.path["other"]}})[1]


def _shown(kind: ObjectType, to: ObjectType, pair: Ends, labels: tuple[Label, ...]) -> dict[str, Any]:
    return {
        "fromObjectTypeId": kind.type_id,
        "fromObjectId": pair[0],
        "toObjectTypeId": to.type_id,
        "toObjectId": pair[1],
        "labels": [label.label for label in labels if label.label],
    }
