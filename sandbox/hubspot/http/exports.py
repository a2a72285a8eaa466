"""Exports: asked for, made one after the other by the portal's clock, fetched under an address that expires.

Belongs here: `/crm/v3/exports/export/*`, and what is known of an export. Does not: the file (`export_files`).
"""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.hubspot.http.call import Call
from sandbox.hubspot.http.errors import invalid, not_found
from sandbox.hubspot.http.export_address import address
from sandbox.hubspot.http.records import whole
from sandbox.hubspot.http.replies import Reply, json_reply
from sandbox.hubspot.model import Refused
from sandbox.hubspot.moments import written
from sandbox.hubspot.portal import Portal
from sandbox.store import Store

_DAY = 86_400_000
_COLUMNS = "id, request, created, starts, ends"


@dataclass(frozen=True, slots=True)
class Export:
    """One export. It is being made from `starts` to `ends`."""

    id: int
    request: dict[str, Any]
    created: int
    starts: int
    ends: int

    def state(self, now: int) -> str:
        """Return the status of the task."""
        if now >= self.ends:
            return "COMPLETE"
        return "PROCESSING" if now >= self.starts else "PENDING"


def start(call: Call) -> Reply:
    """Take an export in; it waits for the one before it."""
    request, now, store = _checked(call), call.portal.now(), call.services.store
    sql = "SELECT count(*) FROM exports WHERE portal = ? AND created > ?"
    if store.run(sql, call.portal.name, now - _DAY)[0][0] >= call.services.terms.daily_exports:
        said = f"You have reached the limit of {call.services.terms.daily_exports} exports in 24 hours."
        raise Refused(429, "RATE_LIMITS", said)
    before = store.run("SELECT max(ends) FROM exports WHERE portal = ?", call.portal.name)[0][0]
    starts = max(now, before or 0)
    ends = starts + int(call.services.terms.export_seconds * 1000)
    made = store.run(
        "INSERT INTO exports (portal, request, created, starts, ends) VALUES (?, ?, ?, ?, ?) RETURNING id",
        call.portal.name,
        json.dumps(request),
        now,
        starts,
        ends,
    )
    number = str(made[0][0])
    status = f"{call.asked.base}/crm/v3/exports/export/async/tasks/{number}/status"
    return json_reply({"id": number, "links": {"status": status}}, 202)


def status(call: Call) -> Reply:
    """Answer how far an export is; the address of its file is new each time."""
    export, now = _named(call), call.portal.now()
    state = export.state(now)
    told: dict[str, Any] = {
        "status": state,
        "requestedAt": written(export.created),
        "startedAt": written(export.starts),
        "completedAt": written(export.ends),
    }
    if state == "COMPLETE":
        told["result"] = address(call.portal, export.id, now)
    return json_reply(told)


def describe(call: Call) -> Reply:
    """Answer what an export is of."""
    export = _named(call)
    states = {"COMPLETE": "DONE", "PROCESSING": "PROCESSING", "PENDING": "ENQUEUED"}
    return json_reply(
        {
            "id": str(export.id),
            "exportType": export.request["exportType"],
            "exportName": export.request["exportName"],
            "exportState": states[export.state(call.portal.now())],
            "objectType": export.request["objectType"],
            "objectProperties": export.request["objectProperties"],
            "createdAt": written(export.created),
            "updatedAt": written(export.created),
        }
    )


def find(store: Store, portal: Portal, number: int | None) -> Export:
    """Return an export.

    Raises:
        Refused: 404, the portal has no such export.
    """
    rows = store.run(f"SELECT {_COLUMNS} FROM exports WHERE id = ? AND portal = ?", number, portal.name)  # noqa: S608
    if not rows:
        raise not_found("There is no such export")
    return Export(rows[0][0], json.loads(rows[0][1]), *rows[0][2:])


def _named(call: Call) -> Export:
    return find(call.services.store, call.portal, whole(call.path["id"]))


def _checked(call: Call) -> dict[str, Any]:
    given = call.document
    if given.get("exportType") not in ("VIEW", "LIST") or given.get("format") != "CSV":
        raise invalid("The sandbox exports VIEW or LIST, as CSV", "INVALID_EXPORT")
    kind = call.portal.type(str(given.get("objectType", "")))
    known = {made.name for made in kind.properties}
    names = call.strings("objectProperties")
    if unknown := [name for name in names if name not in known]:
        raise invalid(f"There are no properties {', '.join(unknown)}", "PROPERTY_DOESNT_EXIST")
    return {
        "exportType": given["exportType"],
        "exportName": str(given.get("exportName") or "export"),
        "objectType": kind.name,
        "objectProperties": names,
        "internal": call.strings("exportInternalValuesOptions"),
        "search": given.get("publicCrmSearchRequest") or {},
    }
