"""An org whose faults are commanded, and its truth.

Belongs here: what of the rig is Salesforce's. Does not: clicking (`tests.crm.faults.rig`), which faults there are
(`kinds`), what must come of them.

750 contacts come by Bulk API (two jobs of four pages), 600 tasks by REST (two chunks of two pages).
"""

from collections.abc import Callable
from types import MappingProxyType

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.plans import Sizes
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.comparison import differences
from tests.crm.faults import rig
from tests.crm.salesforce.world import SECRET, World

SIZES = Sizes(chunk=350, bulk_from=650, job=400)


class Interrupted(SalesforceConnector):
    """A connector that calls `between` once, in mid-read."""

    def __init__(self, connection: Connection, between: Callable[[], None]) -> None:
        session = Session(Credentials.read(SECRET), connection.id, Unthrottled(), sleep=lambda _: None)
        super().__init__(session, SIZES)
        self._between = between

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        extraction = super().extract(source, chunk)
        happen, self._between = self._between, lambda: None
        happen()
        return extraction


class Rig(rig.Rig):
    """An org and a platform.

    Attributes:
        living: The org's records, and all that may happen to them.
    """

    kind = "salesforce"
    tables = MappingProxyType({"Contact": "contacts", "Task": "activities"})
    alterations = "/control/alterations/acme"

    def __init__(self, db: Database, lake: Lake, settings: Settings, world: World) -> None:
        super().__init__(db, lake, settings, world.port)
        self._world = world
        self.living = Orgs(world.state).living("acme")

    def connector(self, connection: Connection) -> Interrupted:
        """Return a connector of the org."""
        return Interrupted(connection, self.between)

    def pass_time(self) -> None:
        """Let a second pass: the org tells whole ones, and of two reads in one neither is surely the later."""
        self.living.advance(1)

    def stamps(self, source: str) -> list[str]:
        """The stamps of all rows of an object, in order."""
        return sorted(row["SystemModstamp"] for row in Orgs(self._world.state).get("acme").truth(source))

    def differences(self, workspace: str) -> list[str]:
        """What is not as the source has it now, in the tables and in the lake."""
        found: list[str] = []
        org = Orgs(self._world.state).get("acme")
        for source, table in self.tables.items():
            truth = list(org.truth(source))
            found += differences(self.platform.db, table, self.connection_of(workspace), source, truth)
            rows = Dataset.below(self.platform.lake, f"crm_raw/{table}/workspace={workspace}").rows
            found += [] if rows == len(truth) else [f"{source}: {rows} rows landed instead of {len(truth)}"]
        return found
