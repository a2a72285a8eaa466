"""What outages are tried on: a CRM that is interrupted once, a platform to sync it with, and its truth.

Belongs here: things to break, and looking at what is left. Does not: breaking them (`test_outages`).
"""

import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.reports import WindowReport
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.local import processes
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from tests.crm.fake_crm import FakeCrm, row

ROWS = [row(n) for n in range(13)]


class Interrupted(FakeCrm):
    """A CRM in a file; `between` is called once, after the rows of the first chunk were drawn."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.between: Callable[[], None] = lambda: None

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        extraction = super().extract(source, chunk)
        extraction.batches = self._then(extraction.batches)
        return extraction

    def _then(self, batches: Iterator[Any]) -> Iterator[Any]:
        yield from batches
        happen, self.between = self.between, lambda: None
        happen()


class Stoppable:
    """A Postgres that a test stops and starts."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server, self._log = server, folder / "own-postgres.log"
        self.url = server.url.replace("/postgres", "/nooks")

    def start(self) -> None:
        self._process = self.server.start(self._log)

    def stop(self) -> None:
        processes.stop(self._process, grace=5, first=signal.SIGINT)


def a_platform(url: str, lake: Lake, home: Path, crm: FakeCrm) -> Platform:
    """A platform whose workspace acme is connected to the CRM."""
    db = Database(url, size=4)
    Registry(db).add_connection("acme", "salesforce", {}, "env:NONE", sandbox=True)
    ensure_partitions(db, "acme-salesforce")
    chosen = Settings(postgres_url=url, home=home, lease_seconds=5, crm_workers=2, patience_seconds=60)
    return Platform(db, lake, chosen, lambda _connection, _class: crm)


def a_platform_again(platform: Platform) -> Platform:
    """The same platform as a new process would open it."""
    db = Database(platform.settings.postgres_url, size=1)
    return Platform(db, platform.lake, platform.settings, platform.factory)


def is_the_truth(platform: Platform, *objects: str) -> bool:
    """Say whether table and lake hold each row once, and no work is left."""
    with platform.db.transaction() as conn:
        found = conn.execute("SELECT id, name, (properties ->> 'Score__c')::int FROM crm.accounts ORDER BY id")
        table = [tuple(r) for r in found]
        left = conn.execute("SELECT count(*) FROM work.items WHERE state <> 'done'").fetchone()
    raw = sorted(Dataset.below(platform.lake, "crm_raw/accounts").to_pandas()["Id"])
    truth = [(r["Id"], r["Name"], r["Score__c"]) for r in ROWS]
    return table == truth and raw == [r["Id"] for r in ROWS] and left == (0,)


def in_hand(platform: Platform) -> int:
    """Count the work that is left leased, or taken for a killer of its worker."""
    with platform.db.transaction() as conn:
        row = conn.execute("SELECT count(*) FROM work.items WHERE state = 'leased' OR deaths > 0").fetchone()
    return int(row[0]) if row else 0


def plan_history(platform: Platform) -> None:
    ledger = Ledger(platform.db, "connect", timedelta(seconds=1))
    with platform.db.transaction() as conn:
        ledger.plan(conn, [discovery("acme", "acme-salesforce", "first", WorkClass.HISTORY, Request())])


def relaunched(platform: Platform) -> list[WindowReport]:
    """Run what the dispatcher launches."""
    (launch,) = platform.launches.due(5, 5, ["crm/acme"])
    return list(WorkspaceSync(platform, SyncRun("acme", launch.key, launch.n, WorkClass.HISTORY)).run())


def make_due(platform: Platform) -> None:
    """Let the waits after failures pass."""
    with platform.db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state IN ('waiting', 'blocked')")
        conn.execute("UPDATE work.launches SET ended_at = ended_at - interval '1 hour'")
