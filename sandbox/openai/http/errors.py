"""How OpenAI says no.

Belongs here: its envelope, and its words. Does not: when (the modules beside this).
"""

from collections.abc import Mapping
from typing import Any

_RETRY = (
    "Sorry about that! You can retry your request, or contact us through our help center at help.openai.com if the "
    "error persists."
)


class Refused(Exception):
    """A request that is answered by an error.

    Args:
        status: Of HTTP.
        message: For people.
        kind: The `type` of the error.
        code: For programs, or null.
        param: What is wrong in the request, or null.
        headers: Beside the usual ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.body: dict[str, Any] = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def invalid(message: str, param: str | None, code: str | None = None) -> Refused:
    """Return the refusal of a request that is not as it must be."""
    return Refused(400, message, param=param, code=code)


def invalid_key(key: str) -> Refused:
    """Return the refusal of a key that is nobody's, of which not more is said than OpenAI does."""
    if not key:
        return Refused(
            401,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer "
            "auth (i.e. Authorization: Bearer YOUR_KEY).",
        )
    shown = f"{key[:3]}{'*' * 8}{key[-4:]}" if len(key) > 12 else "*" * len(key)
    return Refused(
        401,
        f"Incorrect API key provided: {shown}. You can find your API key at "
        "https://platform.openai.com/account/api-keys.",
        code="invalid_api_key",
    )


def unknown_model(model: str) -> Refused:
    """Return the refusal of a model that is not on sale."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return Refused(404, message, code="model_not_found", param="model")


def unknown_address(method: str, path: str) -> Refused:
    """Return the refusal of an address that leads nowhere."""
    return Refused(404, f"Invalid URL ({method} {path})")


def rate_limited(message: str, kind: str, headers: Mapping[str, str]) -> Refused:
    """Return a 429 that passes; `kind` is `requests` or `tokens`."""
    return Refused(429, message, kind=kind, code="rate_limit_exceeded", headers=headers)


def no_credit() -> Refused:
    """Return a 429 that does not pass by waiting."""
    return Refused(
        429,
        "You exceeded your current quota, please check your plan and billing details. For more information on this "
        "error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
        kind="insufficient_quota",
        code="insufficient_quota",
    )


def server_error() -> Refused:
    """Return a 500."""
    message = f"The server had an error while processing your request. {_RETRY}"
    return Refused(500, message, kind="server_error", code="server_error")


def overloaded() -> Refused:
    """Return a 503."""
    message = "Our servers are currently overloaded. Please try again later."
    return Refused(503, message, kind="service_unavailable_error", code="server_is_overloaded")
