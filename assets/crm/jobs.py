"""The jobs of the CRM: what the dispatcher launches and a person may too.

Belongs here: the jobs. Does not: when they are launched (`sensors`, `schedules`).

The history materialises its assets as any click does, which takes 55 event rows in Dagster's storage. Of incremental
syncs there are 96 a day for each connection, so theirs is a plain op, which writes a row for each asset that changed
and none that says that it may: 28 if all fourteen did.
"""

from collections.abc import Iterator

import dagster as dg

from assets.crm.config import CrmSyncConfig
from assets.crm.relaying import Event, relayed
from assets.crm.specs import GROUP, specs
from assets.partitions import workspaces
from nooks_dagster.crm.work import DEPTHS
from resources.crm import CrmResource

# Checks judge all workspaces, so they run by their own clock and not with each sync of one.
crm_historical_sync = dg.define_asset_job(
    "crm_historical_sync",
    selection=dg.AssetSelection.groups(GROUP).without_checks(),
    description="Reads the whole history of a newly connected workspace, object by object, resuming where it was.",
    tags={"nooks/class": "history", "nooks/history": "crm"},  # dagster.yaml limits the latter; signals have a pool
)


@dg.op(out=dg.Out(dg.Nothing), pool="crm_sync", description="Drains what is due for a workspace.")
def crm_sync(
    context: dg.OpExecutionContext, config: CrmSyncConfig, crm: CrmResource
) -> Iterator[Event | dg.Output[None]]:
    """Materialise what changed; for a person, all that was wanted."""
    yield from relayed(context, config, crm, {spec.key for spec in specs()})
    yield dg.Output(None)


@dg.job(
    partitions_def=workspaces,
    description="Reads what changed since the last sync of a workspace, and whatever else is due for it.",
    tags={"nooks/class": "incremental"},
)
def crm_incremental_sync() -> None:
    """Run the one step."""
    crm_sync()


@dg.job(
    partitions_def=workspaces,
    description="Compares every row of a workspace with its CRM, for what moves no stamp: rows that vanished or came "
    "back, calculated values, associations. By the clock, `crm_sweep_by_the_clock` plans it.",
    tags={"nooks/class": "nightly"},
    config={"ops": {"crm_sync": {"config": {"sweep": list(DEPTHS)}}}},
)
def crm_sweep() -> None:
    """Run the one step."""
    crm_sync()
