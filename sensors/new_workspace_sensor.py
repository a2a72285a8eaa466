"""Notices a workspace that was connected or removed: gives it its partition and its history, or takes the partition."""

import dagster as dg

from assets.partitions import workspaces
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.removals import removals
from resources.crm import CrmResource
from sensors.launching import JOBS, run_requests


@dg.sensor(
    jobs=JOBS,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Adds a partition for each workspace that was connected and starts its historical sync; "
    "takes away those of workspaces that were removed.",
)
def new_workspace_sensor(context: dg.SensorEvaluationContext, crm: CrmResource) -> dg.SensorResult:
    """Compare the registry with the partitions; keys that it never knew are left alone."""
    db = crm.postgres.database
    known = set(context.instance.get_dynamic_partitions(workspaces.name or ""))
    registered = {workspace.name for workspace in Registry(db).workspaces()}
    with db.transaction() as conn:
        removed = {one.workspace for one in removals(conn) if one.ended and not one.connection}
    new, gone = sorted(registered - known), sorted((known & removed) - registered)
    if not new and not gone:
        return dg.SensorResult(skip_reason="Every workspace has its partition.")
    changes = [workspaces.build_add_request(new)] if new else []
    return dg.SensorResult(
        dynamic_partitions_requests=[*changes, *([workspaces.build_delete_request(gone)] if gone else [])],
        run_requests=run_requests(crm.launches(), new) if new else [],
    )
