"""What is wrong with a request: one shape of JSON for every refusal.

Belongs here: each refusal that a sender may meet, in words. Does not: finding out (the modules beside this).

An answer names fields and never holds a value of one. A refused signature says the same whatever is wrong with it, so
that nobody learns which keys there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

CLOSE = {"Connection": "close"}
RETRY_SECONDS = 5


@dataclass
class Problem(Exception):
    """A refusal: a status of HTTP, a word for programs, sentences for people, the fields that it is about."""

    status: int
    code: str
    message: str
    next_step: str
    fields: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the answer."""
        error = {
            "code": self.code,
            "message": self.message,
            "next_step": self.next_step,
            "fields": list(self.fields),
        }
        return JSONResponse({"error": error}, self.status, self.headers)


def unsigned() -> Problem:
    """A header of the signature is missing, doubled or malformed."""
    return _unauthorized(
        "missing_signature",
        "The request is not signed.",
        "Send X-Nooks-Key, X-Nooks-Timestamp (Unix seconds) and X-Nooks-Signature (v1=<hex>), each once.",
    )


def refused() -> Problem:
    """The key is unknown or has ended, or the signature is another."""
    return _unauthorized(
        "wrong_signature",
        "The key or the signature is not valid.",
        "Sign timestamp + '.' + body, byte by byte as sent, with the secret of a key that has not ended.",
    )


def stale() -> Problem:
    """The signature is right, and of another time."""
    return _unauthorized(
        "stale_timestamp",
        "The timestamp is too far from the server's time.",
        "Set the sender's clock by NTP, and sign each try anew.",
    )


def too_slow() -> Problem:
    """The body did not come in time."""
    return Problem(408, "too_slow", "The body did not arrive in time.", "Send it again in one go.", headers=dict(CLOSE))


def too_large(limit: int, *, close: bool) -> Problem:
    """The body is longer than any call is."""
    return Problem(
        413,
        "too_large",
        f"The body is longer than {limit:,} bytes.",
        "Send the recording by POST /v1/recordings, and the call without it.",
        headers=dict(CLOSE) if close else {},
    )


def not_plain_json() -> Problem:
    """The body says that it is something else, in another charset, or compressed."""
    return Problem(
        415,
        "unsupported_media_type",
        "The content type, charset or encoding is not taken.",
        "Send application/json in UTF-8, not compressed.",
    )


def malformed(what: str) -> Problem:
    """The body is no JSON of the strict kind."""
    return Problem(400, "malformed_json", f"The body is no JSON: {what}.", "Send one JSON object in UTF-8.")


def invalid(reasons: Mapping[str, str]) -> Problem:
    """Fields are not as they must be.

    Args:
        reasons: What each must be, by its name; a reason holds no value.
    """
    told = "; ".join(f"{name}: {reason}" for name, reason in list(reasons.items())[:5])
    more = f"; and {len(reasons) - 5} more" if len(reasons) > 5 else ""
    return Problem(
        422, "invalid_fields", f"{told}{more}.", "GET /openapi.json tells the form of each field.", list(reasons)
    )


def no_object() -> Problem:
    """The body is JSON, and no object."""
    return Problem(
        422, "invalid_fields", "The body must be one JSON object.", "GET /openapi.json tells the form of each field."
    )


def conflict() -> Problem:
    """Another call has this id."""
    return Problem(
        409,
        "call_id_taken",
        "Another body was accepted under this call_id.",
        "Send the same call in the same bytes, and another call under another call_id.",
        ["call_id"],
    )


def unavailable() -> Problem:
    """Postgres or the lake does not answer in time; a call may have been kept all the same, a moment later."""
    return Problem(
        503,
        "unavailable",
        "It was not stored in time.",
        f"Send the same bytes again in {RETRY_SECONDS} seconds; a call is kept once, however often it is sent.",
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


def unexpected() -> Problem:
    """A fault of ours."""
    return Problem(500, "internal_error", "Something is wrong here.", "Send it again; tell us if it stays so.")


def of_http(status: int, headers: Mapping[str, str] | None) -> Problem:
    """Return the refusal of a path or method that is not there."""
    if status == 405:
        return Problem(
            405,
            "method_not_allowed",
            "The method is not allowed here.",
            "Allow names those that are.",
            headers=headers or {},
        )
    return Problem(404, "not_found", "There is nothing at this path.", "GET /openapi.json lists the paths.")


def _unauthorized(code: str, message: str, next_step: str) -> Problem:
    return Problem(401, code, message, next_step, headers={"WWW-Authenticate": "Nooks-HMAC-SHA256"})
