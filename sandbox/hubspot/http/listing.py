"""Records one after the other, and single ones.

Belongs here: `GET /crm/v3/objects/{type}` and `/{id}`. Does not: batches (`batches`), search (`searching`).
"""

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.records import id_of, whole, with_associations, with_history
from sandbox.hubspot.http.replies import Reply, listed
from sandbox.hubspot.model import ObjectType, Record

MOST_LISTED, MOST_WITH_HISTORY = 100, 50


def list_records(call: Call) -> Reply:
    """Answer a page of records, ascending by id."""
    kind, history = call.object_type, call.names("propertiesWithHistory")
    limit = call.number("limit", 10, MOST_WITH_HISTORY if history else MOST_LISTED)
    after = whole(call.param("after", "0") or "0")
    if after is None:
        raise invalid("Invalid after: it must be what the page before said", "INVALID_AFTER")
    archived = call.flag("archived")
    page = call.portal.page(kind, after, limit, call.names("properties"), archived=archived)
    texts = with_history(call, kind, page, history)
    if associations := call.names("associations"):
        texts = with_associations(call, kind, page.ids, texts, associations)
    paging = b"" if page.next is None else call.next_page(page.next)
    a_look = archived or limit == 1  # whether a type may be read at all is asked this way; nobody fetches rows so
    return listed(texts, after=paging, page="" if a_look else f"{kind.name} from {after}")


def get_record(call: Call) -> Reply:
    """Answer one record, also by an id that was merged away."""
    kind, archived = call.object_type, call.flag("archived")
    record = find_record(call, kind)
    if record is None or (record.archived_at is not None) != archived:
        raise not_found()
    page = call.portal.read(kind, [record.id], call.names("properties"), archived=archived)
    texts = with_history(call, kind, page, call.names("propertiesWithHistory"))
    if associations := call.names("associations"):
        texts = with_associations(call, kind, page.ids, texts, associations)
    return Reply(texts[0], rows=1)


def find_record(call: Call, kind: ObjectType) -> Record | None:
    """Return the record that the address names, by its id or by `idProperty`."""
    record_id = id_of(call.portal, kind, call.path["id"], call.param("idProperty"))
    return None if record_id is None else call.portal.get(kind, record_id)
