"""Owners: users, as records name them.

Belongs here: `/crm/v3/owners`. Does not: who they are (`sandbox.hubspot.portal`).
"""

from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import Reply, as_json, json_reply, listed
from sandbox.hubspot.model import Owner
from sandbox.hubspot.moments import written

_MOST = 500


def list_owners(call: Call) -> Reply:
    """Answer a page of owners, ascending by id: archived ones only, or none of them."""
    limit, after, email = call.number("limit", 100, _MOST), whole(call.param("after") or "0"), call.param("email")
    if after is None:
        raise invalid("Invalid after: it must be what the page before said", "INVALID_AFTER")
    owners = [
        owner
        for owner in call.portal.owners()
        if owner.archived == call.flag("archived") and owner.id >= after and email.lower() in ("", owner.email.lower())
    ]
    texts = [as_json(_shown(owner)) for owner in owners[:limit]]
    return listed(texts, after=call.next_page(owners[limit].id) if len(owners) > limit else b"")


def get_owner(call: Call) -> Reply:
    """Answer one owner, by its id or, with `idProperty=userId`, by that of the user."""
    wanted, by_user = whole(call.path["id"]), call.param("idProperty") == "userId"
    for owner in call.portal.owners():
        if (owner.user_id if by_user else owner.id) == wanted and owner.archived == call.flag("archived"):
            return json_reply(_shown(owner))
    raise not_found()


def _shown(owner: Owner) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": str(owner.id),
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "userId": owner.user_id,
        "userIdIncludingInactive": owner.user_id or owner.id,
        "createdAt": written(owner.created),
        "updatedAt": written(owner.updated),
        "archived": owner.archived,
    }
    if owner.teams:
        told["teams"] = [{"id": str(id_), "name": name, "primary": primary} for id_, name, primary in owner.teams]
    return told
