"""A process that syncs acme once, to be killed: `python -m tests.crm.drain_once POSTGRES_URL BUCKET HOME CRM_FILE`."""

import sys
from pathlib import Path

from nooks_dagster.crm.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from tests.crm.fake_crm import FakeCrm


def main(url: str, bucket: str, home: str, crm_file: str) -> None:
    settings = Settings(
        postgres_url=url, home=Path(home), lease_seconds=1, crm_workers=2, patience_seconds=0, stall_seconds=5
    )
    crm = FakeCrm(Path(crm_file))
    platform = Platform(
        Database(url, size=4), Lake(bucket, scratch=settings.scratch), settings, lambda _connection, _class: crm
    )
    list(WorkspaceSync(platform, SyncRun("acme", "run", launch=1)).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
