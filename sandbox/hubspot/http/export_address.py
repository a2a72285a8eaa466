"""The address of a finished export: signed, good for five minutes, for whoever has it.

Belongs here: making and checking it. Does not: the file (`export_files`).
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

from sandbox.hubspot.http.credentials import Credentials
from sandbox.hubspot.portal import Portal

HOST = "app.hubspot.com"
_LIFE = 300_000
_PATH = re.compile(r"/exported/([a-z0-9-]+)/(\d+)/(\d+)/([0-9a-f]+)")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What an address says of itself."""

    portal: str
    export: int
    until: int
    signature: str

    def good(self, now: int) -> bool:
        """Return whether the address opens the file."""
        signed = _signature(self.portal, self.export, self.until)
        return now < self.until and hmac.compare_digest(signed, self.signature)


def address(portal: Portal, export: int, now: int) -> str:
    """Return the address of an export's file."""
    until = now + _LIFE
    return f"https://{HOST}/exported/{portal.name}/{export}/{until}/{_signature(portal.name, export, until)}"


def read(path: str) -> Ticket | None:
    """Return what an address says of itself; None if it is none of an export."""
    found = _PATH.fullmatch(path)
    return Ticket(found[1], int(found[2]), int(found[3]), found[4]) if found else None


def _signature(portal: str, export: int, until: int) -> str:
    key = Credentials(portal).client_secret.encode()
    return hmac.digest(key, f"{export}/{until}".encode(), hashlib.sha256).hex()
