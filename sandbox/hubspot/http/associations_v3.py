"""Associations in the words of version 3: a type is a name, and has no label.

Belongs here: `/crm/v3/associations/{from}/{to}/*`. Does not: version 4 (`associations`, `association_writes`).
"""

from typing import Any

from sandbox.hubspot.engagements import associate
from sandbox.hubspot.http.association_writes import MOST_WRITTEN
from sandbox.hubspot.http.associations import MOST_READ
from sandbox.hubspot.http.batches import batch
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.edges import ends, no_edges, no_ends
from sandbox.hubspot.http.errors import invalid
from sandbox.hubspot.http.records import edge_names, named, paging, whole
from sandbox.hubspot.http.replies import NOTHING, Reply, as_json, json_reply


def types(call: Call) -> Reply:
    """Answer the names of the types."""
    names = edge_names(call.portal, call.type_at("from"), call.type_at("to"))
    return json_reply({"results": [{"id": str(type_id), "name": name} for type_id, name in names.items()]})


def read(call: Call) -> Reply:
    """Answer the associations of many records; 207 names those without any."""
    kind, to = call.type_at("from"), call.type_at("to")
    given = dict.fromkeys(whole(each.get("id", "")) for each in call.inputs(MOST_READ))
    ids = [record_id for record_id in given if record_id is not None]
    found, names = call.portal.associated(kind, ids, to), edge_names(call.portal, kind, to)
    texts = []
    for record_id in (each for each in ids if each in found):
        edges = found[record_id]
        told = {"from": {"id": str(record_id)}, "to": named(edges, names), **paging(call, kind, record_id, to, edges)}
        texts.append(as_json(told))
    return batch(call, texts, no_edges(kind, to, [record_id for record_id in ids if record_id not in found]))


def create(call: Call) -> Reply:
    """Make associations; 207 names the ends that are not there."""
    kind, to = call.type_at("from"), call.type_at("to")
    names = edge_names(call.portal, kind, to)
    labels = {names[label.type_id]: label for label in call.portal.labels(kind, to)}
    wishes = [(ends(given), str(given.get("type", ""))) for given in call.inputs(MOST_WRITTEN)]
    for name in (name for _, name in wishes if name not in labels):
        raise invalid(f"There is no type {name} between {kind.name} and {to.name}", "INVALID_ASSOCIATION_TYPE")
    with call.portal.writing():
        there, refused = no_ends(call, kind, to, wishes)
        associate(call.portal, kind, to, [(pair, (labels[name],)) for pair, name in there])
    return batch(call, [as_json(_shown(pair, name)) for pair, name in there], refused, 201)


def archive(call: Call) -> Reply:
    """Remove associations."""
    kind, to = call.type_at("from"), call.type_at("to")
    for given in call.inputs(MOST_WRITTEN):
        pair = ends(given)
        call.portal.dissociate(kind, pair[0], to, pair[1])
    return NOTHING


def _shown(pair: tuple[int, int], name: str) -> dict[str, Any]:
    return {"from": {"id": str(pair[0])}, "to": {"id": str(pair[1])}, "type": name}
