"""Properties of a type: listed, made, taken away.

Belongs here: `/crm/v3/properties/{type}`, and how a property looks on the wire. Does not: groups (`groups`), the
addresses of old (`legacy`).
"""

from typing import Any

from sandbox.hubspot.http.batches import batch
from sandbox.hubspot.http.call import Call, items_of
from sandbox.hubspot.http.errors import invalid, not_found, of_inputs
from sandbox.hubspot.http.replies import NOTHING, Reply, as_json, json_reply
from sandbox.hubspot.model import ObjectType, Property, Refused
from sandbox.hubspot.moments import written

MADE = 1_577_836_800_000
"""When everything was made that has no moment of its own."""
_MOST = 100
_KEPT_BY_HUBSPOT = {"hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"}


def list_properties(call: Call) -> Reply:
    """Answer all properties of a type; none is kept once it was archived."""
    properties = () if call.flag("archived") else call.object_type.properties
    return json_reply({"results": [shown(each) for each in properties]})


def get_property(call: Call) -> Reply:
    """Answer one property."""
    return json_reply(shown(_find(call.object_type, call.path["name"])))


def create_property(call: Call) -> Reply:
    """Give a type a property."""
    return json_reply(shown(_create(call, call.object_type, call.document)), 201)


def archive_property(call: Call) -> Reply:
    """Take a property away."""
    _remove(call, call.object_type, call.path["name"])
    return NOTHING


def read_batch(call: Call) -> Reply:
    """Answer some properties; 207 names those that are not there."""
    kind = call.object_type
    wanted = [str(given.get("name", "")) for given in call.inputs(_MOST)]
    known = {each.name: each for each in kind.properties}
    texts = [as_json(shown(known[name])) for name in wanted if name in known]
    missing = [name for name in wanted if name not in known]
    return batch(call, texts, [of_inputs(_absent(missing))] if missing else ())


def create_batch(call: Call) -> Reply:
    """Give a type some properties; 207 names those that could not be."""
    kind, texts, refused = call.object_type, [], []
    for given in call.inputs(_MOST):
        try:
            texts.append(as_json(shown(_create(call, kind, given))))
        except Refused as one:
            refused.append(of_inputs(one))
    return batch(call, texts, refused, 201)


def archive_batch(call: Call) -> Reply:
    """Take some properties away; those that are not there are passed over."""
    kind = call.object_type
    known = {each.name for each in kind.properties}
    for name in {str(given.get("name", "")) for given in call.inputs(_MOST)} & known:
        _remove(call, kind, name)
    return NOTHING


def shown(made: Property) -> dict[str, Any]:
    """Return a property as the API has it."""
    return {
        "updatedAt": written(MADE),
        "createdAt": written(MADE),
        "name": made.name,
        "label": made.label,
        "type": made.type,
        "fieldType": made.field_type,
        "description": "",
        "groupName": made.group,
        "options": [
            {"label": option_label(option), "value": option, "displayOrder": order, "hidden": False}
            for order, option in enumerate(made.options)
        ],
        "displayOrder": -1,
        "calculated": made.calculated,
        "externalOptions": False,
        "archived": False,
        "hasUniqueValue": made.unique,
        "hidden": made.hidden,
        "hubspotDefined": made.hubspot_defined,
        "modificationMetadata": {
            "archivable": not made.hubspot_defined,
            "readOnlyDefinition": made.hubspot_defined,
            "readOnlyOptions": made.hubspot_defined,
            "readOnlyValue": made.calculated or made.name in _KEPT_BY_HUBSPOT,
        },
        "formField": not made.calculated,
    }


def option_label(option: str) -> str:
    """Return what people see of a value of an enumeration."""
    return option.replace("_", " ").capitalize()


def _find(kind: ObjectType, name: str) -> Property:
    for made in kind.properties:
        if made.name == name:
            return made
    raise _absent([name])


def _create(call: Call, kind: ObjectType, given: dict[str, Any]) -> Property:
    wanted = ("name", "label", "type", "fieldType", "groupName")
    if missing := [word for word in wanted if not given.get(word)]:
        raise invalid(f"Some required fields were not set: [{', '.join(missing)}]", "MISSING_FIELDS")
    made = Property(
        name=str(given["name"]),
        label=str(given["label"]),
        type=str(given["type"]),
        field_type=str(given["fieldType"]),
        group=str(given["groupName"]),
        options=tuple(_value(option) for option in items_of(given, "options")),
        unique=bool(given.get("hasUniqueValue")),
        hidden=bool(given.get("hidden")),
        hubspot_defined=False,
    )
    call.portal.add_property(kind, made)
    return made


def _value(option: Any) -> str:
    if not isinstance(option, dict) or not option.get("value"):
        raise invalid("An option is an object with a label and a value", "INVALID_OPTION")
    return str(option["value"])


def _remove(call: Call, kind: ObjectType, name: str) -> None:
    if _find(kind, name).hubspot_defined:
        raise invalid(f"The property {name} is HubSpot's own and stays", "CANNOT_ARCHIVE", propertyName=name)
    call.portal.remove_property(kind, name)


def _absent(names: list[str]) -> Refused:
    refused = not_found(f"Property {', '.join(names)} does not exist.")
    refused.context = {"propertyName": names}
    return refused
