"""`crm_raw/*` and `crm/*`: every record of a workspace's CRMs, in the lake and in Postgres.

Belongs here: the assets, and their step. Does not: the sync (`nooks_dagster.crm`), what it tells
(`assets.crm.relaying`).

One step for all objects, because each chunk is landed and then merged as it comes: rows appear minutes after the
start of a history that takes hours.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.crm.config import CrmSyncConfig
from assets.crm.relaying import relayed
from assets.crm.specs import specs
from assets.partitions import workspaces
from resources.crm import CrmResource


@dg.multi_asset(name="crm_records", specs=specs(), can_subset=True, partitions_def=workspaces, pool="crm_sync")
def crm_records(
    context: dg.AssetExecutionContext, config: CrmSyncConfig, crm: CrmResource
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetObservation]:
    """Drain what is due for a workspace."""
    told: set[dg.AssetKey] = set()
    for event in relayed(context, config, crm, context.selected_asset_keys):
        if isinstance(event, dg.AssetObservation):
            yield event
        elif event.asset_key in told:
            context.log_event(event)  # a step has one result of each asset, a history of days more to tell
        else:
            told.add(event.asset_key)
            yield dg.MaterializeResult(asset_key=event.asset_key, metadata=event.metadata)
