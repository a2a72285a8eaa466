"""Groups of properties: those that properties are in, and those that were made.

Belongs here: `/crm/v3/properties/{type}/groups`. Does not: properties (`properties`).
"""

from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.replies import NOTHING, Reply, json_reply
from sandbox.hubspot.model import Refused


def list_groups(call: Call) -> Reply:
    """Answer all groups of a type."""
    return json_reply({"results": [*_groups(call).values()]})


def get_group(call: Call) -> Reply:
    """Answer one group."""
    return json_reply(_group(call))


def create_group(call: Call) -> Reply:
    """Make a group."""
    name, label = (str(call.document.get(word) or "") for word in ("name", "label"))
    if not name or not label:
        raise invalid("Some required fields were not set: [name, label]", "MISSING_FIELDS")
    if name in _groups(call):
        raise Refused(409, "CONFLICT", f"A group named {name} exists already")
    _keep(call, name, label, int(call.document.get("displayOrder", -1)))
    return json_reply(_groups(call)[name], 201)


def update_group(call: Call) -> Reply:
    """Give a group another label or place."""
    group = _group(call) | {word: call.document[word] for word in ("label", "displayOrder") if word in call.document}
    _keep(call, group["name"], str(group["label"]), int(group["displayOrder"]))
    return json_reply(group)


def archive_group(call: Call) -> Reply:
    """Take a group away that holds no properties."""
    name = _group(call)["name"]
    if any(made.group == name for made in call.object_type.properties):
        raise invalid(f"The group {name} has properties", "GROUP_HAS_PROPERTIES")
    sql = "DELETE FROM groups WHERE portal = ? AND kind = ? AND name = ?"
    call.services.store.run(sql, call.portal.name, call.object_type.name, name)
    return NOTHING


def _group(call: Call) -> dict[str, Any]:
    try:
        return _groups(call)[call.path["name"]]
    except KeyError:
        raise not_found(f"Property group {call.path['name']} does not exist.") from None


def _groups(call: Call) -> dict[str, dict[str, Any]]:
    kind = call.object_type
    used = dict.fromkeys(made.group for made in kind.properties)
    groups = {name: _shown(name, name.replace("_", " ").capitalize(), order) for order, name in enumerate(used)}
    sql = "SELECT name, label, display_order FROM groups WHERE portal = ? AND kind = ? ORDER BY name"
    made = call.services.store.run(sql, call.portal.name, kind.name)
    return groups | {name: _shown(name, label, order) for name, label, order in made}


def _shown(name: str, label: str, order: int) -> dict[str, Any]:
    return {"name": name, "label": label, "displayOrder": order, "archived": False}


def _keep(call: Call, name: str, label: str, order: int) -> None:
    sql = "INSERT OR REPLACE INTO groups VALUES (?, ?, ?, ?, ?)"
    call.services.store.run(sql, call.portal.name, call.object_type.name, name, label, order)
