"""Webhooks, as far as the faults ask; a rule's `project` is the name of a webhook.

Belongs here: its answers to them. Does not: taking messages (`app`).
"""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.faults.reply import Reply
from sandbox.faults.seen import Seen
from sandbox.faults.vendor import Page


def name_in(host: str) -> str:
    """Return the name of a webhook, which is the first label of its host."""
    return host.lower().partition(".")[0]


class Webhooks:
    """A `sandbox.faults.vendor.Vendor`."""

    def see(self, request: Request, body: bytes) -> Seen:
        """Read a message."""
        name, path = name_in(request.headers.get("host", "")), request.url.path
        return Seen(kind="webhook", path=path, text=f"{path}\n{body.decode('utf-8', 'replace')}", project=name)

    def dated(self, call: Seen) -> Mapping[str, str]:  # noqa: ARG002
        """Return nothing; its clock is nobody's business."""
        return {}

    def kill_token(self, call: Seen) -> Response:
        """Refuse the signature this once."""
        return self.error(call, 401, None, None)

    def set_usage(self, call: Seen, used: int) -> None:
        """Do nothing; nobody counts."""

    def error(self, call: Seen, status: int, code: str | None, message: str | None) -> Response:  # noqa: ARG002
        """Return an error."""
        return JSONResponse({"taken": False, "why": message or code or "fault"}, status)

    def gone(self, call: Seen) -> Response:
        """Return 410."""
        return self.error(call, 410, "gone", None)

    def page(self, call: Seen, reply: Reply) -> Page | None:  # noqa: ARG002
        """Return None; there are no pages."""
        return None
