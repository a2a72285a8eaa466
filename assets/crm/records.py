"""`crm_raw/*` and `crm/*`: every record of a workspace's CRMs, in the lake and in Postgres.

Belongs here: relaying between Dagster and the sync. Does not: the sync (`nooks_dagster.crm`).

One step for all objects, because each chunk is landed and then merged as it comes: rows appear minutes after the
start of a history that takes hours.
"""

from collections import defaultdict
from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from assets.crm.results import materialized, reached_nothing
from assets.crm.specs import raw_key, specs, table_key
from assets.partitions import workspaces
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.reports import Ending, WindowReport
from nooks_dagster.crm.runs import SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request, WindowKind
from nooks_dagster.failures import Failure
from nooks_dagster.ledger.items import WorkClass
from resources.crm import CrmResource


class CrmSyncConfig(dg.Config):
    """What to read. Empty: all that is due, which is always safe."""

    refresh: bool = Field(default=False, description="Read every record again.")
    since: str | None = Field(
        default=None, description="Read again what changed from here on (ISO 8601, source's clock)."
    )
    until: str | None = Field(default=None, description="… up to here.")
    objects: list[str] = Field(default=[], description='Only these, such as ["accounts"]; empty for all selected.')


@dg.multi_asset(name="crm_records", specs=specs(), can_subset=True, partitions_def=workspaces, pool="crm_sync")
def crm_records(
    context: dg.AssetExecutionContext, config: CrmSyncConfig, crm: CrmResource
) -> Iterator[dg.MaterializeResult[None]]:
    """Drain what is due for a workspace; an object is materialised as soon as nothing of it is left to do."""
    selected = {key.path[-1] for key in context.selected_asset_keys}
    request = _request(config, selected)
    sync = WorkspaceSync(crm.platform(), _sync_run(context, request))
    reports: dict[str, list[WindowReport]] = defaultdict(list)
    told: set[str] = set()
    try:
        for report in sync.run():
            context.log.info("%s: %s", f"{report.task.connection}/{report.task.source}", report.ending)
            canonical = report.task.canonical
            reports[canonical].append(report)
            if canonical not in told and not sync.left(canonical):
                told.add(canonical)
                yield from _results(context, canonical, reports[canonical], sync)
    except Failure as failure:
        # `from None`: a cause may quote what a customer's record holds.
        raise dg.Failure(str(failure), allow_retries=False) from None
    for canonical in sorted(set(reports) - told):
        yield from _results(context, canonical, reports[canonical], sync)
    if _asked(context) and (reason := reached_nothing(sync.problems, reports)):
        raise dg.Failure(reason, allow_retries=False)


def _results(
    context: dg.AssetExecutionContext, canonical: str, reports: list[WindowReport], sync: WorkspaceSync
) -> Iterator[dg.MaterializeResult[None]]:
    if not any(report.ending in (Ending.DONE, Ending.HELD_BACK) for report in reports):
        return
    for key in (raw_key(canonical), table_key(canonical)):
        if key in context.selected_asset_keys:
            yield materialized(key, reports, sync)


def _request(config: CrmSyncConfig, selected: set[str]) -> Request:
    unknown = set(config.objects) - set(OBJECTS)
    if unknown:
        raise dg.Failure(f"There is no object {sorted(unknown)}; choose of {sorted(OBJECTS)}.", allow_retries=False)
    wanted = selected & set(config.objects) if config.objects else selected
    objects = () if wanted == set(OBJECTS) else tuple(sorted(wanted))
    if config.since or config.until:
        return Request(WindowKind.REREAD, objects, config.since, config.until)
    return Request(WindowKind.REFRESH if config.refresh else WindowKind.INCREMENTAL, objects)


def _sync_run(context: dg.AssetExecutionContext, request: Request) -> SyncRun:
    launch = _launch(context)
    work_class = WorkClass.ASKED if launch is None else WorkClass[context.run.tags["nooks/class"].upper()]
    return SyncRun(context.partition_key, context.run_id, launch, work_class, request)


def _launch(context: dg.AssetExecutionContext) -> int | None:
    """Return the number of the launch, or None for a click: a re-execution carries the tags of its parent."""
    tag = context.run.tags.get("nooks/launch")
    return None if tag is None or context.run.parent_run_id else int(tag.rpartition(":")[2])


def _asked(context: dg.AssetExecutionContext) -> bool:
    return _launch(context) is None
