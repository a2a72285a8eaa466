"""Schemas of custom objects.

Belongs here: `/crm-object-schemas/v3/schemas`, also as `/crm/v3/schemas`. Does not: properties alone (`properties`).
"""

from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.properties import MADE, shown
from sandbox.hubspot.http.replies import Reply, json_reply
from sandbox.hubspot.model import ObjectType
from sandbox.hubspot.moments import written
from sandbox.hubspot.portal import Portal


def list_schemas(call: Call) -> Reply:
    """Answer the schemas of the account's own types."""
    visible = [kind for kind in call.portal.types() if kind.custom and kind.name not in call.services.hidden]
    found = [] if call.flag("archived") else [_schema(call.portal, kind) for kind in visible]
    return json_reply({"results": found})


def get_schema(call: Call) -> Reply:
    """Answer the schema of a type, HubSpot's own ones too."""
    return json_reply(_schema(call.portal, call.object_type))


def _schema(portal: Portal, kind: ObjectType) -> dict[str, Any]:
    known = {made.name for made in kind.properties}
    display = kind.primary_display_property or next(iter(sorted(known)))
    return {
        "id": kind.type_id.partition("-")[2],
        "objectTypeId": kind.type_id,
        "name": kind.singular,
        "fullyQualifiedName": kind.qualified_name or kind.singular.upper(),
        "labels": {"singular": kind.label, "plural": kind.label_plural},
        "description": "",
        "primaryDisplayProperty": display,
        "secondaryDisplayProperties": [],
        "requiredProperties": [display],
        "searchableProperties": [display],
        "properties": [shown(made) for made in kind.properties],
        "associations": _associations(portal, kind),
        "archived": False,
        "createdAt": written(MADE),
        "updatedAt": written(MADE),
    }


def _associations(portal: Portal, kind: ObjectType) -> list[dict[str, Any]]:
    return [
        {
            "id": str(label.type_id),
            "fromObjectTypeId": kind.type_id,
            "toObjectTypeId": to.type_id,
            "name": f"{kind.singular}_to_{to.singular}",
        }
        for to in map(portal.type, kind.associated)
        for label in portal.labels(kind, to)
    ]
