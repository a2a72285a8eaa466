"""A portal whose faults are commanded, and its truth.

Belongs here: what of the rig is HubSpot's. Does not: clicking (`tests.crm.faults.rig`), which faults there are
(`kinds`), what must come of them.

Pages are of 20 records. A history of 120 contacts comes in ranges of four pages; what is written then comes by search
and by reads of ids, what was archived from the recycle bin.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import count
from types import MappingProxyType

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.hubspot import listing, reading, searching
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.plans import Sizes
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.rows.held import Held, HeldRows
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection
from sandbox.hubspot.model import Change, ObjectType
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals
from tests.acceptance.portal_comparison import portal_differences
from tests.crm.faults import rig
from tests.crm.hubspot.served_portal import SECRET, ServedPortal

CHUNK = 80
PAGE = 20
SHORTENED = ((listing, "PAGE_ROWS"), (searching, "PAGE_ROWS"), (reading, "MOST_INPUTS"))
"""What must say `PAGE` for pages to be short."""
OAUTH = {
    "client_id": "SANDBOX.globex",
    "client_secret": "sandbox-secret-globex",
    "refresh_token": "sandbox-refresh-globex",
}


class Interrupted(HubSpotConnector):
    """A connector that calls `between` once, in mid-read."""

    def __init__(self, session: Session, held: Held, readers: int, lag: timedelta, between: Callable[[], None]) -> None:
        super().__init__(session, held, Sizes(CHUNK, readers), lag=lag)
        self._between = between

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        extraction = super().extract(source, chunk)
        happen, self._between = self._between, lambda: None
        happen()
        return extraction


class Rig(rig.Rig):
    """A portal and a platform.

    Attributes:
        secret: With which the portal is called: a private app's token, or those of an OAuth app.
        lag: How long a change may be unknown to the index.
    """

    kind = "hubspot"
    tables = MappingProxyType({"contacts": "contacts"})
    alterations = "/control/portals/globex/alterations"

    def __init__(self, db: Database, lake: Lake, settings: Settings, served: ServedPortal) -> None:
        super().__init__(db, lake, settings, served.port)
        self.secret: Mapping[str, str] = SECRET
        self.lag = timedelta(0)
        self._served = served
        self._readers = min(settings.crm_workers, 2)
        self._edits = count()

    def connector(self, connection: Connection) -> Interrupted:
        """Return a connector of the portal."""
        session = Session(Credentials.read(self.secret), connection.id, Unthrottled(), sleep=lambda _: None)
        return Interrupted(session, HeldRows(self.platform.db, connection.id), self._readers, self.lag, self.between)

    def change(self, values: Mapping[str, str], count: int = 5) -> None:
        """Let people change some contacts, of which search is to know at once or late."""
        portal, contacts = self.portal()
        portal.write(
            contacts, [Change(values, record) for record in portal.page(contacts, 0, count, (), archived=False).ids]
        )

    def edit(self) -> None:
        """Let people work: 25 contacts change, one is archived, two become one."""
        portal, contacts = self.portal()
        alive = list(portal.page(contacts, 0, 100, (), archived=False).ids)
        value = f"edit {next(self._edits)}"
        portal.write(contacts, [Change({"jobtitle": value}, record) for record in alive[:25]])
        portal.archive(contacts, [alive[-1]])
        portal.merge(contacts, *alive[:2])
        self.pass_time()

    def merge_and_archive(self) -> None:
        """Let two contacts become one, and that one go to the recycle bin."""
        portal, contacts = self.portal()
        one, other = portal.page(contacts, 0, 2, (), archived=False).ids
        portal.archive(contacts, [portal.merge(contacts, one, other).id])
        self.pass_time()

    def pass_time(self) -> None:
        """Let ten minutes pass: the portal tells whole seconds, and of two reads in one neither is surely the later."""
        self.command("POST", "/control/portals/globex/clock", {"advance_seconds": 600})

    def differences(self, workspace: str) -> list[str]:
        """What is not as the portal has it now."""
        truth = self._served.truth("contacts")
        return portal_differences(self.platform.db, "contacts", self.connection_of(workspace), "contacts", truth)

    def portal(self) -> tuple[Portal, ObjectType]:
        """The portal as its owner has it, and its contacts."""
        portal = Portals(self._served.state).get("globex")
        return portal, portal.type("contacts")
