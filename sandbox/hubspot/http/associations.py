"""Reading associations, version 4: with labels, ids of the other end as numbers.

Belongs here: labels, `batch/read`, one record's list. Does not: making and removing them (`association_writes`),
the words of version 3 (`associations_v3`), associations inside of records (`records`).
"""

from sandbox.hubspot.http.batches import batch
from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.edges import edge_text, from_id, label_shown, no_edges
from sandbox.hubspot.http.errors import not_found
from sandbox.hubspot.http.records import MOST_EDGES, paging, whole, with_more
from sandbox.hubspot.http.replies import Reply, json_reply, listed
from sandbox.hubspot.model import ObjectType

MOST_READ = 1000


def labels(call: Call) -> Reply:
    """Answer the types that an association may have."""
    found = call.portal.labels(call.type_at("from"), call.type_at("to"))
    return json_reply({"results": [label_shown(each) for each in found]})


def list_edges(call: Call) -> Reply:
    """Answer a page of one record's associations."""
    kind, to = call.object_type, call.type_at("to")
    record_id, limit = there(call, kind), call.number("limit", MOST_EDGES, MOST_EDGES)
    edges = from_id(call.portal.associated(kind, [record_id], to).get(record_id, ()), call.param("after"))
    texts = [edge_text(each) for each in edges[:limit]]
    return listed(texts, after=call.next_page(edges[limit].to) if len(edges) > limit else b"")


def read(call: Call) -> Reply:
    """Answer the associations of many records; 207 names those without any."""
    kind, to = call.type_at("from"), call.type_at("to")
    after = {whole(given.get("id", "")): str(given.get("after") or "") for given in call.inputs(MOST_READ)}
    ids = [record_id for record_id in after if record_id is not None]
    found = call.portal.associated(kind, ids, to)
    texts = []
    for record_id in (each for each in ids if each in found):
        edges = from_id(found[record_id], after[record_id])
        text = b'{"from":{"id":"%d"},"to":[%b]}' % (record_id, b",".join(map(edge_text, edges[:MOST_EDGES])))
        following = paging(call, kind, record_id, to, edges)
        texts.append(with_more(text, following) if following else text)
    return batch(call, texts, no_edges(kind, to, [record_id for record_id in ids if record_id not in found]))


def there(call: Call, kind: ObjectType) -> int:
    """Return the id of the record that the address names.

    Raises:
        Refused: It is not there.
    """
    record_id = whole(call.path["id"])
    record = None if record_id is None else call.portal.get(kind, record_id)
    if record is None or record.archived_at is not None:
        raise not_found()
    return record.id
