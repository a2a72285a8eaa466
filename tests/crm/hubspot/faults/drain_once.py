"""A program that syncs a portal once, to be killed; see `tests.programs`."""

from pathlib import Path

from nooks_dagster.crm.sync.runs import SyncRun, WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.settings import Settings
from tests.crm.hubspot.faults.rig import PAGE, SHORTENED, Rig
from tests.crm.hubspot.served_portal import ServedPortal


def main(url: str, bucket: str, home: str, state: str, port: str, workspace: str) -> None:
    for module, most in SHORTENED:
        setattr(module, most, PAGE)
    settings = Settings(
        postgres_url=url, home=Path(home), lease_seconds=2, crm_workers=2, patience_seconds=0, stall_seconds=30
    )
    served = ServedPortal(Path(state), int(port))
    rig = Rig(Database(url, size=4), Lake(bucket, scratch=settings.scratch), settings, served)
    list(WorkspaceSync(rig.platform, SyncRun(workspace, "run", launch=1)).run())
