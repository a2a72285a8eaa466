"""`crm_raw/*` and `crm/*`: every record of a workspace's CRMs, in the lake and in Postgres.

Belongs here: relaying between Dagster and the sync. Does not: the sync (`nooks_dagster.crm`).

One step for all objects, because each chunk is landed and then merged as it comes: rows appear minutes after the
start of a history that takes hours.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.bounded import sentences
from assets.crm.config import CrmSyncConfig
from assets.crm.specs import specs
from assets.crm.telling import Telling
from assets.partitions import workspaces
from nooks_dagster.crm.runs import SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.verdicts import described
from nooks_dagster.workspaces.names import workspace_name
from resources.crm import CrmResource


@dg.multi_asset(name="crm_records", specs=specs(), can_subset=True, partitions_def=workspaces, pool="crm_sync")
def crm_records(
    context: dg.AssetExecutionContext, config: CrmSyncConfig, crm: CrmResource
) -> Iterator[dg.MaterializeResult[Any]]:
    """Drain what is due for a workspace; an object is materialised as soon as nothing of it is left to do."""
    try:
        request = config.request({key.path[-1] for key in context.selected_asset_keys})
        run = _sync_run(context, request)
        sync = WorkspaceSync(crm.platform(), run)
        telling = Telling(context, sync, request, asked=run.launch is None)
        for report in sync.run():
            yield from telling.hear(report)
        yield from telling.rest()
        missed = telling.missed()
    except Exception as error:  # noqa: BLE001  the boundary: a message or a cause may quote what a record holds
        raise dg.Failure(sentences([described(error)]), allow_retries=False) from None
    if missed and run.launch is None:
        raise dg.Failure(missed, allow_retries=False)


def _sync_run(context: dg.AssetExecutionContext, request: Request) -> SyncRun:
    launch = _launch(context)
    work_class = WorkClass.ASKED if launch is None else WorkClass[context.run.tags["nooks/class"].upper()]
    return SyncRun(_workspace(context), context.run.run_id, launch, work_class, request)


def _workspace(context: dg.AssetExecutionContext) -> str:
    if not context.has_partition_key:
        raise Permanent("The run names no workspace.", next_step="Choose a partition; several become a run each.")
    return workspace_name(context.partition_key)


def _launch(context: dg.AssetExecutionContext) -> int | None:
    """Return the number of the launch, or None for a click: a re-execution carries the tags of its parent."""
    tag = context.run.tags.get("nooks/launch")
    return None if tag is None or context.run.parent_run_id else int(tag.rpartition(":")[2])
