"""Addresses of old that programs still call.

Belongs here: properties of versions 1 and 2, pipelines of deals, the paged lists of companies and deals.
Does not: anything that a newer address has, beside its shape.
"""

import json
from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.pipelines import shown as pipeline_shown
from sandbox.hubspot.http.properties import shown
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import Reply, json_reply
from sandbox.hubspot.model import ObjectType

_MOST = 250


def properties(call: Call) -> Reply:
    """Answer all properties of a type, as an array."""
    return json_reply([shown(each) for each in call.object_type.properties])


def company_properties(call: Call) -> Reply:
    """Answer all properties of companies, as an array."""
    return json_reply([shown(each) for each in call.portal.type("companies").properties])


def deal_pipelines(call: Call) -> Reply:
    """Answer the pipelines of deals, as an array."""
    return json_reply([_pipeline(pipeline_shown(each)) for each in call.portal.pipelines(call.portal.type("deals"))])


def companies(call: Call) -> Reply:
    """Answer a page of companies."""
    results, more, offset = _page(call, call.portal.type("companies"), "companyId")
    return json_reply({"companies": results, "has-more": more, "offset": offset}, rows=len(results))


def deals(call: Call) -> Reply:
    """Answer a page of deals."""
    results, more, offset = _page(call, call.portal.type("deals"), "dealId")
    return json_reply({"deals": results, "hasMore": more, "offset": offset}, rows=len(results))


def _page(call: Call, kind: ObjectType, id_name: str) -> tuple[list[dict[str, Any]], bool, int]:
    limit, names = call.number("limit", 100, _MOST), call.names("properties")
    page = call.portal.page(kind, whole(call.param("offset") or "0") or 0, limit, names, archived=False)
    results = []
    for text in page.texts:
        record = json.loads(text)
        values = {name: {"value": value} for name, value in record["properties"].items() if value is not None}
        told = {"portalId": call.portal.hub_id, id_name: int(record["id"]), "isDeleted": False, "properties": values}
        results.append(told)
    return results, page.next is not None, page.next or 0


def _pipeline(told: dict[str, Any]) -> dict[str, Any]:
    stages = [
        {"stageId": each["id"], "label": each["label"], "displayOrder": each["displayOrder"], "active": True}
        | each["metadata"]
        for each in told["stages"]
    ]
    return {
        "pipelineId": told["id"],
        "label": told["label"],
        "displayOrder": told["displayOrder"],
        "active": True,
        "stages": stages,
    }
