"""A call to Salesforce as the faults see it: whose, of which kind, about what.

Belongs here: reading it off the request. Does not: judging it (`sandbox.faults.rule`).
"""

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from starlette.requests import Request

from sandbox.faults.seen import Seen
from sandbox.salesforce.http.bulk1 import BULK1
from sandbox.salesforce.http.credentials import org_of_host
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.hosts import host_of
from sandbox.salesforce.http.resources import REST

_CURSOR = re.compile(r"/(0r8[0-9A-Za-z]{15}|750[0-9A-Za-z]{12,15})\b")
"""A query locator or the id of a Bulk job in an address."""
_OBJECT = re.compile(r"/sobjects/(\w+)|\bFROM\s+(\w+)", re.IGNORECASE)
_PAGES = {"query", "query_all", "query_more", "bulk_results"}
_LATER_PAGES = {"query_more", "bulk_results"}
_LOGIN = ("/services/oauth2/token", "/services/Soap/")
_VERSIONED = re.compile(r"/services/(data|async)/[^/]+(/.*)?")
_BOOKS = {"data": REST, "async": BULK1}


def see(request: Request, body: bytes, soql_of: Callable[[str], str]) -> Seen:
    """Read a call; `soql_of` knows the query behind a locator, which the address of a later page does not tell."""
    path, query, sent = request.url.path, unquote_plus(request.url.query), body.decode("utf-8", "replace")
    kind, cursor = _kind(request.method, path), _cursor(path)
    text = "\n".join((path, query, sent, soql_of(cursor) if cursor else ""))
    return Seen(
        kind=kind,
        path=path,
        text=text,
        org=org_of_host(host_of(request)) or "",
        objects=objects_in(text),
        token=_token(request),
        rows="page" if kind in _PAGES else "",
        cursor=_cursor(text),
        page_before=cursor if kind in _LATER_PAGES else "",
    )


def objects_in(text: str) -> frozenset[str]:
    """Return the objects that an address or a query names, in lower case."""
    return frozenset(name.lower() for pair in _OBJECT.findall(text) for name in pair if name)


def _cursor(text: str) -> str:
    found = _CURSOR.search(text)
    return found[1] if found else ""


def _kind(method: str, path: str) -> str:
    if path.startswith(_LOGIN):
        return "login"
    versioned = _VERSIONED.fullmatch(path)
    if versioned is None:
        return "other"
    try:
        return _BOOKS[versioned[1]].find(method, "/" + (versioned[2] or "").strip("/"))[0].kind
    except ApiError:
        return "other"


def _token(request: Request) -> str:
    given = request.headers.get("authorization", "").partition(" ")[2]
    return given.strip() or request.headers.get("x-sfdc-session", "")
