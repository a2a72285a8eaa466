"""Notices work that is due and has nobody: new, parked, failed, or left behind by a worker that died."""

import dagster as dg

from assets.partitions import workspaces
from resources.crm import CrmResource
from sensors.launching import JOBS, bury, run_requests


@dg.sensor(
    jobs=JOBS,
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Launches a run for each workspace whose ledger has due work and no live run; follows up lost runs.",
)
def due_work_sensor(context: dg.SensorEvaluationContext, crm: CrmResource) -> dg.SensorResult:
    """Ask the dispatcher, and bury the dead first so that their work is due again."""
    launches = crm.launches()
    buried = bury(context.instance, launches)
    requests = run_requests(launches, context.instance.get_dynamic_partitions(workspaces.name or ""))
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SensorResult(
        skip_reason=f"Nothing is due ({buried} runs were found dead)." if buried else "Nothing is due."
    )
