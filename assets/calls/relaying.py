"""What runs of calls tell Dagster: live workers, closings and backfills.

Belongs here: relaying between Dagster and the engine. Does not: the work (`nooks_dagster.calls`), what a page shows
(`assets.calls.results`).
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import dagster as dg

from assets.boundary import failed, in_sentences
from assets.calls.config import CallsConfig
from assets.calls.results import metadata_of
from assets.calls.specs import NAMES, key_of, stages_of
from assets.launched import launch_of
from nooks_dagster.calls.closing.closing import Closing
from nooks_dagster.calls.closing.hours import key_of as key_of_hour
from nooks_dagster.calls.live.worker import LiveRun, LiveWorker
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.reporting.numbers import Which
from nooks_dagster.calls.reprocessing.backfill import Backfill, BackfillRun
from nooks_dagster.calls.reprocessing.redelivering import redeliver
from nooks_dagster.crm.reporting.overview import workspace_names
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.one_by_one import Missed
from resources.calls import CallsResource

SLOT, HOUR = "nooks/slot", "nooks/hour"  # tags of a live worker's run
OBSERVE_EVERY = 60.0  # seconds
OBSERVE_CALLS = 100  # and not before so many more: an observation is an event row
QUIET = 600.0  # seconds after which fewer are worth one too
Told = dg.MaterializeResult[Any] | dg.AssetObservation
Event = dg.AssetMaterialization | dg.AssetObservation


def backfilled(context: dg.AssetExecutionContext, config: CallsConfig, resource: CallsResource) -> Iterator[Told]:
    """Do the selected stages for past hours, and show what those hours hold then.

    Raises:
        dg.Failure: It broke, or calls are left that nothing moved; in sentences without what anybody said.
    """
    with in_sentences():
        platform, stages = resource.platform(), stages_of(context.selected_asset_keys)
        hours = [_hour(key) for key in context.partition_keys]
        workspaces = workspace_names(platform.db, config.workspaces) if config.workspaces else []
        run = BackfillRun(context.run.run_id, hours, stages, workspaces, again=config.again)
        backfill = Backfill(platform, run)
        yield from _observed(backfill.beats(), context.partition_keys[-1], stages[0])
        if Stage.DELIVER in stages:
            redeliver(platform.db, hours, workspaces, f"run {context.run.run_id}")
        shown, left = _shown(platform.db, hours, stages), backfill.left()
        of_this_run = {"calls_done_again": backfill.planned, "calls_given_up": backfill.given_up(), "calls_left": left}
    for stage in stages:
        yield dg.MaterializeResult(asset_key=key_of(stage), metadata={**shown[stage], **of_this_run})
    if left:
        what = f"{left:,} calls were not done again: for {platform.settings.patience_seconds:.0f} s none moved."
        raise dg.Failure(f"{what} Live workers go on with them; `nooks calls status` says what they wait for.")


def live(context: dg.OpExecutionContext, resource: CallsResource) -> Iterator[Event]:
    """Take calls as they come until the hour is over and the successor is there; then show the hour.

    Raises:
        dg.Failure: It broke, or nobody launched it.
    """
    with in_sentences():
        run = _live_run(context)
        platform = resource.platform()
        yield from _observed(LiveWorker(platform, run).beats(), key_of_hour(run.hour), Stage.RECORD)
        shown = _shown(platform.db, [run.hour], list(NAMES))
    yield from _materializations(key_of_hour(run.hour), shown)


def closed(context: dg.OpExecutionContext, resource: CallsResource) -> Iterator[Event]:
    """Close the hours that are due, and show each as it is then.

    Raises:
        dg.Failure: One could not be closed; the others are.
    """
    with in_sentences():
        platform, missed = resource.platform(), []
        for hour in Closing(platform, context.run.run_id, launch_of(context)).beats():
            if isinstance(hour, Missed):
                missed.append(f"{hour.name}: {hour.reason}")
            elif hour.numbers:
                yield from _materializations(key_of_hour(hour.hour), _shown(platform.db, [hour.hour], list(NAMES)))
    if missed:
        raise failed(missed)


def _observed(beats: Generator[Beat, None, None], partition: str, stage: Stage) -> Iterator[dg.AssetObservation]:
    """Work, and tell now and then how far it is: at most once a minute, and seldom where there is little to tell."""
    told_at, told = monotonic(), 0
    with closing(beats):
        for beat in beats:
            passed, news = monotonic() - told_at, beat.ended - told
            if passed >= OBSERVE_EVERY and (news >= OBSERVE_CALLS or (news and passed >= QUIET)):
                told_at, told = monotonic(), beat.ended
                metadata = {f"calls_{ending}": count for ending, count in beat.endings.items()}
                yield dg.AssetObservation(key_of(stage), partition=partition, metadata=metadata)


def _shown(db: Database, hours: Sequence[datetime], stages: Sequence[Stage]) -> dict[Stage, dict[str, Any]]:
    with db.transaction() as conn:
        return {stage: dict(told) for stage, told in metadata_of(conn, Which(hours), stages).items()}


def _materializations(partition: str, shown: dict[Stage, dict[str, Any]]) -> Iterator[dg.AssetMaterialization]:
    for stage, metadata in shown.items():
        yield dg.AssetMaterialization(key_of(stage), partition=partition, metadata=metadata)


def _live_run(context: dg.OpExecutionContext) -> LiveRun:
    slot, hour, launch = context.run.tags.get(SLOT), context.run.tags.get(HOUR), launch_of(context)
    if slot is None or hour is None or launch is None:
        raise Permanent(
            "A live worker is started by `call_hours_sensor`, which knows the free slots.",
            next_step="For past hours materialise the assets of `call_logging`.",
        )
    return LiveRun(int(slot), _hour(hour), context.run.run_id, launch)


def _hour(key: str) -> datetime:
    return datetime.strptime(key, "%Y-%m-%dT%H").replace(tzinfo=UTC)
