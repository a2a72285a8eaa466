"""From launches to run requests, for every sensor and schedule alike.

Belongs here: the one place where the dispatcher's answer meets Dagster. A tick is a handful of indexed queries.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.account_signals.jobs import account_research
from assets.crm.jobs import crm_historical_sync, crm_incremental_sync
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.launches import Launch, Launches
from nooks_dagster.settings import Settings, settings

LAUNCH = "nooks/launch"
JOBS: Sequence[Any] = [crm_historical_sync, crm_incremental_sync, account_research]  # their union has no public name
OPEN = [
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
ENDED = [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.SUCCESS]


@dataclass(frozen=True, slots=True)
class Family:
    """The work of one kind: `name/<workspace>` is the scope of a workspace's, and one run at a time drains it."""

    name: str
    runs: Callable[[Settings], int]
    job: Callable[[Launch], str]


FAMILIES = (
    Family("crm", lambda bounds: bounds.crm_runs, lambda launch: _sync_job(launch).name),
    Family("signals", lambda bounds: bounds.signals_runs, lambda _: account_research.name),
)


def run_requests(launches: Launches, known: Sequence[str]) -> list[dg.RunRequest]:
    """Return a run request for each launch that is due in a workspace that has a partition."""
    return [request for family in FAMILIES for request in _of_family(family, launches, known)]


def _of_family(family: Family, launches: Launches, known: Sequence[str]) -> list[dg.RunRequest]:
    runs = family.runs(settings())
    scopes = [f"{family.name}/{workspace}" for workspace in known]
    # As many urgent ones wait for a slot as have one, so that none stands idle; one slot is never a history's.
    return [_run_request(family, launch) for launch in launches.due(2 * runs, max(1, runs - 1), scopes)]


def bury(instance: dg.DagsterInstance, launches: Launches) -> int:
    """End the launches whose runs are over, and mark as failed the runs that are gone; return how many."""
    live = launches.live_runs()
    over = instance.get_run_records(dg.RunsFilter(run_ids=list(live), statuses=ENDED)) if live else []
    for record in over:
        launches.end_run(record.dagster_run.run_id)
    stillborn = _stillborn(instance, launches)
    lost = launches.lose(queued=_on_their_way(instance))
    for run in instance.get_runs(dg.RunsFilter(run_ids=list(lost))) if lost else []:
        if not run.is_finished:
            # The default launcher leaves a run STARTED for ever after a reboot, and its slots with it.
            instance.report_run_failed(run, "Its worker is gone (no heartbeat); the dispatcher launches it anew.")
    return len(over) + stillborn + len(lost)


def _on_their_way(instance: dg.DagsterInstance) -> list[str]:
    """Return the keys of launches whose runs wait for a slot, or got one so lately that they may not have reported."""
    lately = time.time() - settings().launch_grace_seconds
    records = instance.get_run_records(dg.RunsFilter(statuses=OPEN))
    late = [one.dagster_run for one in records if one.start_time is None or one.start_time > lately]
    return [run.tags[LAUNCH] for run in late if LAUNCH in run.tags]


def _stillborn(instance: dg.DagsterInstance, launches: Launches) -> int:
    """End the launches whose runs ended before they could report, as when the code server died; return how many."""
    awaited = launches.awaited()
    if not awaited:
        return 0
    over = instance.get_runs(dg.RunsFilter(tags={LAUNCH: list(awaited)}, statuses=ENDED))
    for run in over:
        launches.end(*awaited[run.tags[LAUNCH]], "failed")
    return len(over)


def _run_request(family: Family, launch: Launch) -> dg.RunRequest:
    workspace = launch.scope.removeprefix(f"{family.name}/")
    return dg.RunRequest(
        run_key=launch.key,
        job_name=family.job(launch),
        partition_key=workspace,
        tags={**tags_of(launch), "nooks/workspace": workspace},
    )


def tags_of(launch: Launch) -> dict[str, str]:
    """Return the tags by which a run knows its launch, and a person what it is for."""
    world = {"nooks/world": "SANDBOX"} if settings().sandbox else {}
    return {LAUNCH: launch.key, "nooks/class": WorkClass(launch.work_class).name.lower(), **world}


def _sync_job(launch: Launch) -> Any:
    return crm_historical_sync if launch.work_class >= WorkClass.HISTORY else crm_incremental_sync
