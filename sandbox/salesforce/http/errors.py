"""How Salesforce's REST interface says no: a status and an array of message and code.

Belongs here: the error that handlers raise, and which status a code travels with.
Does not: OAuth's and SOAP's own error bodies (`auth`, `soap`).
"""

from collections.abc import Sequence
from typing import Any

from sandbox.salesforce.org import SoqlError
from sandbox.salesforce.writing.wishes import Refusal

_STATUS = {"NOT_FOUND": 404, "ENTITY_IS_DELETED": 404, "INSUFFICIENT_ACCESS_OR_READONLY": 403}


class ApiError(Exception):
    """A refusal by the REST interface.

    Args:
        status: The HTTP status.
        code: Salesforce's error code.
        message: Salesforce's wording.
        fields: Those at fault, which only refusals of writes name.
    """

    def __init__(self, status: int, code: str, message: str, fields: Sequence[str] | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.fields = fields
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> list[dict[str, Any]]:
        """The JSON body."""
        named = {} if self.fields is None else {"fields": list(self.fields)}
        return [{"message": self.message, "errorCode": self.code, **named}]


class Ambiguous(ApiError):
    """What an external id names is more than one record: 300.

    Args:
        addresses: Of the records.
    """

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__(300, "MULTIPLE_CHOICES", "the external id is not unique")
        self._addresses = addresses

    @property
    def body(self) -> list[Any]:
        """The JSON body."""
        return list(self._addresses)


def from_org(error: SoqlError) -> ApiError:
    """Return the refusal that an org's own error becomes."""
    return ApiError(_STATUS.get(error.code, 400), error.code, error.message)


def from_writing(refusal: Refusal) -> ApiError:
    """Return the refusal of a call that would write one record."""
    return ApiError(_STATUS.get(refusal.code, 400), refusal.code, refusal.message, refusal.fields)


def not_found() -> ApiError:
    """Return the refusal of an address that leads nowhere."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def invalid_session() -> ApiError:
    """Return the refusal of a token that is unknown, expired, revoked or another org's."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
