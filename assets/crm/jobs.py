"""The jobs of the CRM: named selections that the dispatcher launches and a person may too."""

import dagster as dg

from assets.crm.specs import GROUP

# Checks judge all workspaces, so they run by their own clock and not with each sync of one.
RECORDS = dg.AssetSelection.groups(GROUP).without_checks()

crm_historical_sync = dg.define_asset_job(
    "crm_historical_sync",
    selection=RECORDS,
    description="Reads the whole history of a newly connected workspace, object by object, resuming where it was.",
    tags={"nooks/class": "history"},
)

crm_incremental_sync = dg.define_asset_job(
    "crm_incremental_sync",
    selection=RECORDS,
    description="Reads what changed since the last sync of a workspace, and whatever else is due for it.",
    tags={"nooks/class": "incremental"},
)
