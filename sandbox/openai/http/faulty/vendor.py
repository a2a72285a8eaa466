"""OpenAI, as far as the faults ask.

Belongs here: its answers to them. Does not: troubles by the terms (`sandbox.openai.chance`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.reply import Reply
from sandbox.faults.seen import Seen
from sandbox.faults.vendor import Page
from sandbox.openai.http import errors, replies
from sandbox.openai.http.door import NOBODY, key_in, kind_of
from sandbox.openai.http.keys import project_of
from sandbox.openai.sales import Sales

_USUAL: Mapping[int, Callable[[], errors.Refused]] = {
    401: lambda: errors.invalid_key("sk-sandbox-revoked"),
    429: lambda: errors.rate_limited("Rate limit reached. Please try again later.", "requests", {}),
    500: errors.server_error,
    503: errors.overloaded,
}


_HEAD_OF_UPLOAD = 2048


@dataclass(frozen=True, slots=True)
class OpenAI:
    """A `sandbox.faults.vendor.Vendor`.

    Args:
        sales: What was bought is set by `quota`, in USD.
    """

    sales: Sales

    def see(self, request: Request, body: bytes) -> Seen:
        """Read a call."""
        path, key = request.url.path, key_in(request.headers.get("authorization", ""))
        if kind_of(path) == "transcriptions":  # The fields come first; nobody looks for a text in samples.
            body = body[:_HEAD_OF_UPLOAD]
        text = f"{path}\n{request.url.query}\n{body.decode('utf-8', 'replace')}"
        return Seen(kind=kind_of(path), path=path, text=text, project=project_of(key) or "", token=key)

    def dated(self, call: Seen) -> Mapping[str, str]:
        """Return the headers of every reply."""
        return replies.usual_headers(call.project or NOBODY)

    def kill_token(self, call: Seen) -> Response:  # noqa: ARG002 # a key does not die
        """Refuse the key this once."""
        return _response(errors.invalid_key("sk-sandbox-revoked"))

    def set_usage(self, call: Seen, used: int) -> None:
        """Set what the project bought."""
        self.sales.set_spent(call.project, used)

    def error(self, call: Seen, status: int, code: str | None, message: str | None) -> Response:  # noqa: ARG002
        """Return an error; `code` tells the two kinds of 429 apart."""
        if code == "insufficient_quota":
            return _response(errors.no_credit())
        said = _USUAL.get(status, lambda: errors.Refused(status, "The request failed.", kind="api_error"))()
        error = said.body["error"]
        error["code"], error["message"] = code or error["code"], message or error["message"]
        return _response(said)

    def gone(self, call: Seen) -> Response:
        """Return 404; there are no cursors."""
        return _response(errors.unknown_address("GET", call.path))

    def page(self, call: Seen, reply: Reply) -> Page | None:  # noqa: ARG002
        """Return None; there are no pages."""
        return None


def _response(refused: errors.Refused) -> Response:
    reply = replies.refusal(refused)
    return Response(reply.body, reply.status, dict(reply.headers), media_type="application/json")
