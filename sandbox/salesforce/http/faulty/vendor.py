"""Salesforce, as far as the faults ask.

Belongs here: its answers to them. Does not: reading calls (`seen`) and pages (`pages`).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.reply import Reply
from sandbox.faults.seen import Seen
from sandbox.faults.vendor import Page
from sandbox.salesforce.http.errors import ApiError, not_found
from sandbox.salesforce.http.faulty.pages import read_page
from sandbox.salesforce.http.faulty.seen import see
from sandbox.salesforce.http.limits import Usage
from sandbox.salesforce.http.locators import bad_locator
from sandbox.salesforce.http.replies import date_header
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.orgs import Orgs

_CODES = {
    401: ("INVALID_SESSION_ID", "Session expired or invalid"),
    403: ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
    500: ("UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId if you contact support"),
    503: ("SERVER_UNAVAILABLE", "The server is temporarily unavailable"),
}
_NO_CODE = ("UNKNOWN_EXCEPTION", "An unexpected error occurred")


@dataclass(frozen=True, slots=True)
class Salesforce:
    """A `sandbox.faults.vendor.Vendor`.

    Args:
        orgs: Whose clocks date the replies.
        tokens: Die by `dead_token`.
        usage: Is set by `quota`.
        soql_of: The query behind a locator or a job, or the empty text.
    """

    orgs: Orgs
    tokens: Tokens
    usage: Usage
    soql_of: Callable[[str], str]

    def see(self, request: Request, body: bytes) -> Seen:
        """Read a call."""
        return see(request, body, self.soql_of)

    def dated(self, call: Seen) -> Mapping[str, str]:
        """Return the header that tells the org's time."""
        return date_header(self._now(call))

    def kill_token(self, call: Seen) -> None:
        """Revoke the call's token, which is refused then as any other dead one."""
        self.tokens.revoke(call.token, call.org)

    def set_usage(self, call: Seen, used: int) -> None:
        """Set the API usage of the last 24 hours."""
        self.usage.set(call.org, used, self._now(call))

    def error(self, call: Seen, status: int, code: str | None, message: str | None) -> Response:  # noqa: ARG002
        """Return an array of message and code."""
        usual_code, usual_message = _CODES.get(status, _NO_CODE)
        return _refusal(ApiError(status, code or usual_code, message or usual_message))

    def gone(self, call: Seen) -> Response:
        """Return the refusal of a job that is not there, or of a locator."""
        return _refusal(not_found() if call.cursor.startswith("750") else bad_locator())

    def page(self, call: Seen, reply: Reply) -> Page | None:
        """Return the page that a reply is."""
        return read_page(reply, call.page_before)

    def _now(self, call: Seen) -> datetime:
        return self.orgs.get(call.org).now() if call.org in self.orgs.names() else datetime.now(UTC)


def _refusal(error: ApiError) -> Response:
    return Response(json.dumps(error.body), error.status, media_type="application/json;charset=UTF-8")
