"""OAuth's own way of saying no: an object of error and description.

Belongs here: the error and the ones said in more than one place.
Does not: the REST interface's arrays (`errors`).
"""


class OAuthError(Exception):
    """A refusal by the token endpoint, answered 400.

    Args:
        error: The code, such as `invalid_grant`.
        description: Salesforce's wording.
    """

    def __init__(self, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.body = {"error": error, "error_description": description}


def client_unknown() -> OAuthError:
    """Return the refusal of a consumer key that no org behind this host has."""
    return OAuthError("invalid_client_id", "client identifier invalid")


def login_failed() -> OAuthError:
    """Return the refusal of a user name and password."""
    return OAuthError("invalid_grant", "authentication failure")
