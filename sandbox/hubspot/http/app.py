"""HubSpot over HTTP: every portal of a state folder, under HubSpot's host names.

Belongs here: the host names, putting the parts together. Does not: the parts.
"""

from pathlib import Path

from starlette.types import ASGIApp

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.layer import Faulty, Hangup
from sandbox.hubspot.http.door import Door, Open
from sandbox.hubspot.http.export_address import HOST
from sandbox.hubspot.http.export_files import ExportFiles
from sandbox.hubspot.http.faulty.vendor import HubSpot
from sandbox.hubspot.http.folder import Folder
from sandbox.hubspot.http.limits import Limits
from sandbox.hubspot.http.oauth import OAuth
from sandbox.hubspot.http.services import Services
from sandbox.hubspot.http.store import TABLES
from sandbox.hubspot.http.terms import Terms
from sandbox.hubspot.http.tokens import Tokens
from sandbox.hubspot.http.usage import Usage
from sandbox.refresh_tokens import RefreshTokens
from sandbox.store import Store

HOSTS = ("api.hubapi.com", "api.hubspot.com", HOST)


def hubspot(state: Path, portals: Folder, counters: Counters, terms: Terms, faults: Faults, hang_up: Hangup) -> ASGIApp:
    """Return the application; tokens, usage and exports are kept in `state`, so a restart is not noticed."""
    store = Store(state / "hubspot.sqlite", TABLES)
    tokens, usage = Tokens(store, terms.token_seconds), Usage(store)
    hidden = frozenset(name for name in terms.hidden.lower().split(",") if name)
    services = Services(terms, usage, Limits(terms, usage, counters), store, hidden, faults.item)
    oauth = OAuth(portals, tokens, RefreshTokens(store, terms.refresh_grace), counters)
    unlocked: dict[str, Open] = {"oauth": oauth, "exported": ExportFiles(portals, store)}
    door = Door(portals, tokens, services, counters, unlocked)
    return Faulty(door, HubSpot(portals, tokens, usage), faults, counters, hang_up)
