"""How Salesforce's REST interface says no: a status and an array of message and code.

Belongs here: the error that handlers raise, and which status a code travels with.
Does not: OAuth's and SOAP's own error bodies (`auth`, `soap`).
"""

from sandbox.salesforce.org import SoqlError

_STATUS = {"NOT_FOUND": 404, "ENTITY_IS_DELETED": 404}


class ApiError(Exception):
    """A refusal by the REST interface.

    Args:
        status: The HTTP status.
        code: Salesforce's error code.
        message: Salesforce's wording.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @property
    def body(self) -> list[dict[str, str]]:
        """The JSON body."""
        return [{"message": self.message, "errorCode": self.code}]


def from_org(error: SoqlError) -> ApiError:
    """Return the refusal that an org's own error becomes."""
    return ApiError(_STATUS.get(error.code, 400), error.code, error.message)


def not_found() -> ApiError:
    """Return the refusal of an address that leads nowhere."""
    return ApiError(404, "NOT_FOUND", "The requested resource does not exist")


def invalid_session() -> ApiError:
    """Return the refusal of a token that is unknown, expired, revoked or another org's."""
    return ApiError(401, "INVALID_SESSION_ID", "Session expired or invalid")
