"""What one run of a sync tells Dagster, as events that a step of any kind can yield.

Belongs here: relaying between Dagster and the sync, for clicks and for the dispatcher's runs alike. Does not: the sync
(`nooks_dagster.crm`), when an object is told about (`assets.crm.telling`).
"""

from collections.abc import Collection, Iterator

import dagster as dg

from assets.boundary import in_sentences
from assets.crm.config import CrmSyncConfig
from assets.crm.telling import Telling
from assets.crm.under_way import UnderWay
from assets.launched import Context, launched
from nooks_dagster.crm.sync.runs import SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request
from resources.crm import CrmResource

Event = dg.AssetMaterialization | dg.AssetObservation


def relayed(
    context: Context, config: CrmSyncConfig, crm: CrmResource, selected: Collection[dg.AssetKey]
) -> Iterator[Event]:
    """Drain what is due for a workspace; an object is materialised as soon as nothing of it is left to do.

    Until then one that takes long is observed every five minutes.

    Args:
        context: Of the step.
        config: What a person wants, or nothing.
        crm: The platform.
        selected: The assets that may be told about.

    Raises:
        dg.Failure: A person wanted what could not be reached, or it broke; in sentences without what a record holds.
    """
    with in_sentences():
        request = config.request({key.path[-1] for key in selected})
        run = _sync_run(context, request)
        sync = WorkspaceSync(crm.platform(), run)
        telling = Telling(sync, request, selected, asked=run.launch is None)
        under_way = UnderWay(sync, request, selected)
        for report in sync.beats():
            if report:
                telling.hear(report)
                continue
            yield from telling.done()
            yield from under_way.beat()
        yield from telling.rest()
        missed = telling.missed() if run.launch is None else None
    if missed:
        raise dg.Failure(missed, allow_retries=False)


def _sync_run(context: Context, request: Request) -> SyncRun:
    run = launched(context)
    return SyncRun(run.workspace, run.run_id, run.launch, run.work_class, request)
