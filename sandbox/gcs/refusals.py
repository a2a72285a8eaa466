"""The refusals of the lake, in the shape that Google's clients parse.

Belongs here: status, reason and sentence of every answer that is not a success.
Does not: deciding when to refuse.
"""

import json
from collections.abc import Mapping


class Refusal(Exception):
    """A request answered with an error.

    Args:
        status: The HTTP status.
        reason: Google's machine-readable word for it, such as `conditionNotMet`.
        message: One sentence for a person.
        headers: Headers that belong to the answer, such as the size beside a 416.
    """

    def __init__(self, status: int, reason: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        """Return Google's JSON error body."""
        detail = {"message": self.message, "domain": "global", "reason": self.reason}
        return json.dumps({"error": {"code": self.status, "message": self.message, "errors": [detail]}}).encode()


def invalid(message: str) -> Refusal:
    """A 400: the request itself is wrong."""
    return Refusal(400, "invalid", message)


def no_bucket(name: str) -> Refusal:
    """A 404 for a bucket."""
    return Refusal(404, "notFound", f"The specified bucket does not exist: {name}")


def no_object(bucket: str, name: str) -> Refusal:
    """A 404 for an object or for one of its past generations."""
    return Refusal(404, "notFound", f"No such object: {bucket}/{name}")


def no_upload() -> Refusal:
    """A 404 for an upload session that is unknown, cancelled or a week old."""
    return Refusal(404, "notFound", "This upload session is unknown here: it ended or expired. Start a new one.")


def no_room(folder: str) -> Refusal:
    """A 507: the disk under the lake is full. Not in Google's retry list, so the client learns it at once."""
    return Refusal(
        507,
        "insufficientStorage",
        f"The disk that holds {folder} is full: nothing was stored. Free space there and try again.",
    )
