"""A program that syncs acme once, to be killed; see `tests.programs`.

With `hubspot` the CRM is the sandbox's portal, through the real connector in small chunks, noted as the fake one does.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.plans import Sizes
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.rows.held import HeldRows
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Connection
from tests.crm.fake_crm import FakeCrm
from tests.crm.hubspot.served_portal import SECRET


class NotedPortal(HubSpotConnector):
    """The portal's contacts and owners, 200 records a chunk; notes each chunk that was read to its end."""

    def __init__(self, connection: Connection, db: Database, log: FakeCrm) -> None:
        session = Session(Credentials.read(SECRET), connection.id, Unthrottled())
        super().__init__(session, HeldRows(db, connection.id), Sizes(chunk=200))
        self._log = log

    def objects(self) -> Mapping[str, str]:
        wanted = ("contacts", "owners")
        return {name: canonical for name, canonical in super().objects().items() if name in wanted}

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        extraction = super().extract(source, chunk)
        extraction.batches = self._noting(extraction.batches, source, chunk)
        return extraction

    def _noting(self, batches: Iterator[Any], source: SourceObject, chunk: Chunk) -> Iterator[Any]:
        yield from batches
        self._log.note(source, chunk)


def main(url: str, bucket: str, home: str, crm_file: str, kind: str = "") -> None:
    settings = Settings(
        postgres_url=url, home=Path(home), lease_seconds=2, crm_workers=2, patience_seconds=0, stall_seconds=30
    )
    crm, db = FakeCrm(Path(crm_file)), Database(url, size=4)

    def connector(connection: Connection, _class: object) -> Connector:
        return NotedPortal(connection, db, crm) if kind == "hubspot" else crm

    platform = Platform(db, Lake(bucket, scratch=settings.scratch), settings, connector)
    list(WorkspaceSync(platform, SyncRun("acme", "run", launch=1)).run())
