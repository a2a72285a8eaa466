"""A call to HubSpot as the faults see it: whose, of which kind, about what.

Belongs here: reading it off the request. Does not: judging it (`sandbox.faults.rule`).
"""

import json
from collections.abc import Iterable
from typing import Any, Literal
from urllib.parse import parse_qs, unquote_plus

from sandbox.faults.seen import Seen
from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.http.credentials import portal_of_client
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.resources import kind_of
from sandbox.hubspot.http.tokens import Tokens
from sandbox.hubspot.model import ObjectType

_ROWS: dict[str, Literal["page", "named"]] = {
    "list": "page",
    "list_archived": "page",
    "search": "page",
    "owners": "page",
    "batch_read": "named",
}


def see(asked: Asked, portals: Folder, tokens: Tokens) -> Seen:
    """Read a call."""
    kind, portal = kind_of(asked), _portal(asked, tokens)
    sent = asked.body.decode("utf-8", "replace")
    known = portals.get(portal).types() if portal in portals.names() else ()
    return Seen(
        kind=kind,
        path=asked.path,
        text="\n".join((asked.path, unquote_plus(asked.query), sent)),
        portal=portal,
        objects=_objects(asked.path, known),
        token=asked.token,
        rows=_ROWS.get(kind, ""),
        page_before=_page_before(asked) if _ROWS.get(kind) == "page" else "",
    )


def after_page(path: str, after: str) -> str:
    """Return under what a page is remembered that says how to ask for the next."""
    return f"{path}?after={after}"


def after_row(path: str, row: str) -> str:
    """Return under what a page is remembered whose last row has an id; the next may be asked for by that."""
    return f"{path}?id={row}"


def _portal(asked: Asked, tokens: Tokens) -> str:
    holder = tokens.find(asked.token) if asked.token else None
    if holder:
        return holder.portal
    if not asked.path.startswith("/oauth/"):
        return ""
    form = parse_qs(f"{asked.query}&{asked.body.decode('utf-8', 'replace')}")
    return portal_of_client(form.get("client_id", [""])[-1])


def _objects(path: str, types: Iterable[ObjectType]) -> frozenset[str]:
    """Return every name of the types that an address names, one way or another."""
    named = {part.lower() for part in path.split("/") if part}
    names = [
        {name.lower() for name in (kind.name, kind.singular, kind.type_id, kind.qualified_name) if name}
        for kind in types
    ]
    return frozenset().union(*(spelled for spelled in names if spelled & named))


def _page_before(asked: Asked) -> str:
    """Return what goes before: by the cursor of a list, the offset of a search, or the last id that was read."""
    if asked.method == "GET":
        after = parse_qs(asked.query).get("after", [""])[-1]
        return after_page(asked.path, after) if after else ""
    search = _document(asked.body)
    if search.get("after"):
        return after_page(asked.path, str(search["after"]))
    groups = [{"filters": search.get("filters") or []}, *(search.get("filterGroups") or [])]
    beyond = (
        condition.get("value")
        for group in groups
        for condition in group.get("filters") or []
        if (condition.get("propertyName"), condition.get("operator")) == ("hs_object_id", "GT")
    )
    last = next(beyond, None)
    return after_row(asked.path, str(last)) if last else ""


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
