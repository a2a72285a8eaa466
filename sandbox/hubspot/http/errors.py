"""How HubSpot says no: a category, a sentence and a number to tell its support.

Belongs here: the body of a refusal, and the refusals that are said in more than one place.
Does not: when (the handlers), limits (`limits`).
"""

import uuid
from typing import Any

from sandbox.hubspot.model import Refused

Error = dict[str, Any]
"""An error as JSON."""


def correlation_id() -> str:
    """Return the number under which HubSpot would find a call again."""
    return str(uuid.uuid4())


def body(refused: Refused) -> Error:
    """Return the JSON body of a refusal."""
    said: Error = {
        "status": "error",
        "message": refused.message,
        "correlationId": correlation_id(),
        "category": refused.category,
    }
    if refused.context:
        said["context"] = refused.context
    if told := details(refused):
        said["errors"] = told
    return said


def details(refused: Refused) -> list[Error]:
    """Return the entries of `errors` that a refusal has."""
    if refused.details or not refused.code:
        return [dict(each) for each in refused.details]
    said: Error = {"message": refused.message, "code": refused.code}
    return [said | {"context": refused.context} if refused.context else said]


def of_inputs(refused: Refused) -> Error:
    """Return a refusal of some inputs of a batch, as the `errors` of a 207 list it."""
    return {
        "status": "error",
        "category": refused.category,
        "message": refused.message,
        "context": refused.context,
        "errors": details(refused),
        "links": {},
    }


def invalid(message: str, code: str = "", **context: str) -> Refused:
    """Return the refusal of a request that is not as it must be."""
    return Refused(400, "VALIDATION_ERROR", message, code, {name: [value] for name, value in context.items()})


def not_found(message: str = "resource not found") -> Refused:
    """Return the refusal of something that is not there."""
    return Refused(404, "OBJECT_NOT_FOUND", message)


def unauthenticated() -> Refused:
    """Return the refusal of a token that is nobody's."""
    return Refused(
        401,
        "INVALID_AUTHENTICATION",
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
    )


def expired(seconds: int) -> Refused:
    """Return the refusal of a token that was good until some seconds ago."""
    return Refused(
        401,
        "EXPIRED_AUTHENTICATION",
        f"The OAuth token used to make this call expired {seconds} second(s) ago.",
    )


def missing_scope(scope: str) -> Refused:
    """Return the refusal of a call that the app was not granted."""
    return Refused(
        403,
        "MISSING_SCOPES",
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        "https://developers.hubspot.com/scopes.",
        "MISSING_SCOPES",
        {"requiredGranularScopes": [scope]},
    )
