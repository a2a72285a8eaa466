"""Notices that an hour of calls begins or is to be closed, and that a live worker is missing."""

from collections.abc import Iterator, Mapping
from itertools import chain

import dagster as dg

from assets.calls.jobs import calls_closing, calls_live
from assets.calls.relaying import HOUR, SLOT
from nooks_dagster.calls.closing.hours import key_of, plan_hours
from nooks_dagster.calls.live.slots import Slot, open_slots
from nooks_dagster.calls.work import SCOPE_OF_HOURS
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.settings import settings
from resources.crm import CrmResource
from sensors.launching import tags_of


# A sensor of its own, so that calls can be switched off without the syncs, and a slow tick of one holds up no other.
@dg.sensor(
    jobs=[calls_live, calls_closing],
    minimum_interval_seconds=5,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Keeps live workers in their slots, the next hour's two minutes early, and has hours closed five "
    "minutes after their end. Switched off, calls are still accepted and wait.",
)
def call_hours_sensor(crm: CrmResource) -> dg.SensorResult:
    """Plan this hour and the next, then ask the dispatcher; `due_work_sensor` buries the dead."""
    bounds = settings()
    with crm.postgres.database.transaction() as conn:
        plan_hours(conn, bounds.calls_live_workers, bounds.release)
        slots = open_slots(conn)
    launches = crm.launches()
    requests = list(chain(_live(launches, slots), _closing(launches)))
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SensorResult(skip_reason="Every slot has its run, and no hour is to be closed.")


def _live(launches: Launches, slots: Mapping[str, Slot]) -> Iterator[dg.RunRequest]:
    for launch in launches.due(2 * settings().calls_live_workers, 1, list(slots)) if slots else []:
        slot = slots[launch.scope]
        yield dg.RunRequest(
            run_key=launch.key,
            job_name=calls_live.name,
            tags={**tags_of(launch), SLOT: str(slot.slot), HOUR: key_of(slot.hour)},
        )


def _closing(launches: Launches) -> Iterator[dg.RunRequest]:
    for launch in launches.due(1, 1, [SCOPE_OF_HOURS]):
        yield dg.RunRequest(run_key=launch.key, job_name=calls_closing.name, tags=tags_of(launch))
