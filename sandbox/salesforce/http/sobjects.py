"""The objects of an org over REST: lists, describes, single records.

Belongs here: `/sobjects` and what is below it, except replication (`replication`).
Does not: the dictionaries that describe an object (`describe`).
"""

from typing import Any

from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.describe import describe_object, summarize_object
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.ids import to15


def list_objects(call: Call) -> dict[str, Any]:
    """Answer `/sobjects`."""
    objects = [summarize_object(kind, call.base) for kind in call.org.sobjects()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def object_info(call: Call) -> dict[str, Any]:
    """Answer `/sobjects/X`."""
    kind = call.org.sobject(call.path["name"])
    return {"objectDescribe": summarize_object(kind, call.base), "recentItems": []}


def describe(call: Call) -> dict[str, Any]:
    """Answer `/sobjects/X/describe`."""
    return describe_object(call.org.sobject(call.path["name"]), call.org.sobjects(), call.base)


def record(call: Call) -> dict[str, Any]:
    """Answer `/sobjects/X/{id}`, all fields or those of `?fields=`."""
    return shown(call, call.path["name"], call.path["id"])


def shown(call: Call, name: str, asked_id: str) -> dict[str, Any]:
    """Return a record, all fields or those of `?fields=`.

    Raises:
        ApiError: It is not there, or was deleted.
    """
    kind = call.org.sobject(name)
    found = call.org.get(kind.name, asked_id) if to15(asked_id) else None
    if found is None:
        raise ApiError(404, "NOT_FOUND", f"Provided external ID field does not exist or is not accessible: {asked_id}")
    if found.get("IsDeleted"):
        raise ApiError(404, "ENTITY_IS_DELETED", "entity is deleted")
    url = f"{call.base}/sobjects/{kind.name}/{found['Id']}"
    return {"attributes": {"type": kind.name, "url": url}, **_chosen(call, kind.name, found)}


def _chosen(call: Call, name: str, found: dict[str, Any]) -> dict[str, Any]:
    asked = call.params.get("fields")
    if asked is None:
        return found
    spelling = {field.lower(): field for field in found}
    chosen = {"Id": found["Id"]}
    for field in (word.strip() for word in asked.split(",")):
        canonical = spelling.get(field.lower())
        if canonical is None:
            raise ApiError(400, "INVALID_FIELD", f"No such column '{field}' on sobject of type {name}")
        chosen[canonical] = found[canonical]
    return chosen
