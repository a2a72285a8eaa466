"""Replies as Salesforce sends them: compact JSON, gzipped when accepted, dated by the org's clock.

Belongs here: turning a value into bytes and headers, safe to call from a worker thread.
Does not: deciding what to say.
"""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from isal import igzip
from starlette.requests import Request
from starlette.responses import Response

_JSON = "application/json;charset=UTF-8"
_WORTH_COMPRESSING = 1024


def json_reply(request: Request, value: Any, *, status: int = 200, now: datetime) -> Response:
    """Return a JSON reply, compressed at level 1 as pages of jobs are."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":"), check_circular=False).encode()
    headers = date_header(now)
    if len(body) > _WORTH_COMPRESSING and "gzip" in request.headers.get("accept-encoding", ""):
        body = igzip.compress(body, 1, mtime=0)
        headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status, headers, media_type=_JSON)


def reply_with(request: Request, answer: Any, *, now: datetime) -> Response:
    """Return a handler's answer as a reply: a ready Response dated, any other value as JSON."""
    if not isinstance(answer, Response):
        return json_reply(request, answer, now=now)
    answer.headers.update(date_header(now))
    return answer


def date_header(now: datetime) -> dict[str, str]:
    """Return the `Date` header, by which clients read the org's clock."""
    return {"Date": format_datetime(now.astimezone(UTC), usegmt=True)}


def domain_not_found() -> Response:
    """Return what a My Domain that nobody registered shows, which is a page for people."""
    page = (
        "<!DOCTYPE html><html><head><title>Salesforce | Domain not found</title></head><body>"
        "<h1>We can't find the domain name you entered.</h1>"
        "<p>Check the My Domain name in the URL for typing errors.</p></body></html>"
    )
    return Response(page, 404, date_header(datetime.now(UTC)), media_type="text/html;charset=UTF-8")
