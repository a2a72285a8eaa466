"""The credentials of a portal: deterministic, so that nothing has to be handed over, and recognisably not real.

Belongs here: tokens, ids and secrets of a portal's apps, and the portal that one belongs to.
Does not: checking them (`tokens`, `oauth`).
"""

from dataclasses import dataclass

_PRIVATE = "pat-sandbox-"
_CLIENT = "SANDBOX."
_REFRESH = "sandbox-refresh-"
_CODE = "sandbox-code-"


@dataclass(frozen=True, slots=True)
class Credentials:
    """All that is needed to call the API of one portal."""

    portal: str

    @property
    def access_token(self) -> str:
        """The token of the private app, which does not expire."""
        return _PRIVATE + self.portal

    @property
    def client_id(self) -> str:
        """The id of the OAuth app."""
        return _CLIENT + self.portal

    @property
    def client_secret(self) -> str:
        """The secret of the OAuth app."""
        return f"sandbox-secret-{self.portal}"

    @property
    def refresh_token(self) -> str:
        """What a person's consent left behind."""
        return _REFRESH + self.portal

    @property
    def code(self) -> str:
        """What a person's consent hands to the app, once; here as often as wanted."""
        return _CODE + self.portal


def portal_of_private(token: str) -> str | None:
    """Return the portal that a private app's token points at, which need not exist; None for other tokens."""
    return token.removeprefix(_PRIVATE) if token.startswith(_PRIVATE) else None


def portal_of_client(client_id: str) -> str:
    """Return the portal that a client id points at, which need not exist."""
    return client_id.removeprefix(_CLIENT)


def portal_of_refresh(token: str) -> str:
    """Return the portal that the first refresh token of one points at, which need not exist."""
    return token.removeprefix(_REFRESH)
