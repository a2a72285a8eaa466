"""HubSpot, as far as the faults ask.

Belongs here: its answers to them. Does not: reading calls (`seen`) and pages (`pages`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.reply import Reply
from sandbox.faults.seen import Seen
from sandbox.faults.vendor import Page
from sandbox.hubspot.http import errors, replies
from sandbox.hubspot.http.asked import Asked
from sandbox.hubspot.http.days import http_date
from sandbox.hubspot.http.faulty.pages import read_page
from sandbox.hubspot.http.faulty.seen import see
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.limits import too_many
from sandbox.hubspot.http.tokens import Tokens
from sandbox.hubspot.http.usage import Usage
from sandbox.hubspot.model import Refused

_USUAL: Mapping[int, Callable[[], Refused]] = {
    400: lambda: errors.invalid("Invalid input"),
    401: errors.unauthenticated,
    403: lambda: errors.missing_scope("crm.objects"),
    404: errors.not_found,
    409: lambda: Refused(409, "CONFLICT", "There is a conflict with another record"),
    423: lambda: Refused(423, "LOCKED", "The resource is locked"),
    477: lambda: Refused(477, "MIGRATION_IN_PROGRESS", "The account is being moved to another data center"),
}


@dataclass(frozen=True, slots=True)
class HubSpot:
    """A `sandbox.faults.vendor.Vendor`.

    Args:
        portals: Whose clocks date the replies.
        tokens: Die by `dead_token`.
        usage: Is set by `quota`.
    """

    portals: Folder
    tokens: Tokens
    usage: Usage

    def see(self, request: Request, body: bytes) -> Seen:
        """Read a call."""
        path, query = request.url.path, request.url.query
        asked = Asked(request.method, path, query, request.headers, body, base="")
        return see(asked, self.portals, self.tokens)

    def dated(self, call: Seen) -> Mapping[str, str]:
        """Return the headers that tell the portal's time, and the number of the call."""
        return {"Date": http_date(self._now(call)), "X-HubSpot-Correlation-Id": errors.correlation_id()}

    def kill_token(self, call: Seen) -> Response | None:
        """Let an OAuth token be expired; that of a private app lives for ever, and is refused this once."""
        holder = self.tokens.find(call.token)
        if holder is None:
            return None
        if not holder.oauth:
            return _response(replies.refusal(errors.unauthenticated()))
        self.tokens.revoke(call.token, holder.portal)
        return None

    def set_usage(self, call: Seen, used: int) -> None:
        """Set the calls of the day."""
        self.usage.set(call.portal, used, self._now(call))

    def error(self, call: Seen, status: int, code: str | None, message: str | None) -> Response:
        """Return an error; `code` is the policy of a 429, of any other status the category."""
        if status == 429:
            return _response(too_many(code or "TEN_SECONDLY_ROLLING", call.portal, {}))
        usual = _USUAL.get(status, lambda: Refused(status, "INTERNAL_ERROR", "internal error"))()
        if code == "EXPIRED_AUTHENTICATION":
            usual = errors.expired(0)
        said = Refused(status, code or usual.category, message or usual.message, usual.code, usual.context)
        return _response(replies.refusal(said))

    def gone(self, call: Seen) -> Response:
        """Return 404; no cursor of HubSpot's ever expires."""
        return self.error(call, 404, None, None)

    def page(self, call: Seen, reply: Reply) -> Page | None:
        """Return the rows that a reply has."""
        return read_page(reply, call.path)

    def _now(self, call: Seen) -> int:
        return self.portals.get(call.portal).now() if call.portal in self.portals.names() else int(time.time() * 1000)


def _response(reply: replies.Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers, media_type=reply.media)
