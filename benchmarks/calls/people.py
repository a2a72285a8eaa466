"""Whom a measurement calls: contacts and leads of each workspace, read as a sync reads them.

Run as `python -m benchmarks.calls.people WORKSPACE...`, with the configuration in the environment.
"""

import sys
from contextlib import closing

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import settings


def main(*workspaces: str) -> None:
    """Read them, one workspace after the other."""
    here = settings()
    with closing(Database(here.postgres_url, here.postgres_connections)) as db:
        platform = Platform(db, Lake(here.lake_bucket, scratch=here.scratch), here, shared_connectors(db))
        for name in workspaces:
            list(WorkspaceSync(platform, SyncRun(name, "bench", request=Request(objects=("contacts", "leads")))).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
