"""The platform's side: the history of an object, from the API into the lake and Postgres, as the asset does it.

Belongs here: one run of `WorkspaceSync` in a process of its own. Does not: Dagster, whose cost is one run's.
Run as `python -m benchmarks.sync [OBJECT]`, of contacts if none is named, with the configuration in the environment.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any

from benchmarks.crms import WORKSPACE
from benchmarks.work import measured
from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection


def main(canonical: str = "contacts") -> None:
    """Sync, and tell what it took."""
    here = settings()
    db = Database(here.postgres_url, here.postgres_connections)
    made: list[Connector] = []
    share = shared_connectors(db)

    def connector(connection: Connection, work_class: WorkClass) -> Connector:
        made.append(share(connection, work_class))
        return made[-1]

    platform = Platform(db, Lake(here.lake_bucket, scratch=here.scratch), here, connector)
    measured(lambda: {**_sync(platform, canonical), "calls": _calls(made)})
    db.close()


def _sync(platform: Platform, canonical: str) -> Mapping[str, Any]:
    run = SyncRun(WORKSPACE, "bench", request=Request(objects=(canonical,)))
    (report,) = WorkspaceSync(platform, run).run()
    if report.ending is not Ending.DONE:
        raise Permanent(f"The history ended {report.ending}: {report.reason}")
    return {"rows": report.totals["rows"], "lake_bytes": report.totals["bytes"]}


def _calls(made: list[Connector]) -> Mapping[str, int]:
    kinds: Counter[str] = Counter()
    for connector in made:
        kinds.update(connector.usage().by_kind)
    return dict(kinds)


if __name__ == "__main__":
    main(*sys.argv[1:])
