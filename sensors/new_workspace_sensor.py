"""Notices a workspace that was connected: gives it its partition and launches its history."""

import dagster as dg

from assets.partitions import workspaces
from nooks_dagster.workspaces.registry import Registry
from resources.crm import CrmResource
from sensors.launching import JOBS, run_requests


@dg.sensor(
    jobs=JOBS,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Adds a partition for each workspace that was connected and starts its historical sync.",
)
def new_workspace_sensor(context: dg.SensorEvaluationContext, crm: CrmResource) -> dg.SensorResult:
    """Compare the registry with the partitions; keys are only ever added."""
    known = set(context.instance.get_dynamic_partitions(workspaces.name or ""))
    new = sorted({workspace.name for workspace in Registry(crm.postgres.database).workspaces()} - known)
    if not new:
        return dg.SensorResult(skip_reason="Every workspace has its partition.")
    return dg.SensorResult(
        dynamic_partitions_requests=[workspaces.build_add_request(new)],
        run_requests=run_requests(crm.launches(), new),
    )
