"""The jobs of signals: what the dispatcher launches, and one for each signal that a person may.

Belongs here: the jobs. Does not: when they are launched (`sensors`, `schedules`).
"""

import dagster as dg

from assets.account_signals.catalog import signals
from assets.account_signals.specs import GROUP, key_of
from assets.research.documents import KEY as DOCUMENTS

# Checks judge all workspaces, so they run by their own clock and not with each run of one.
account_research = dg.define_asset_job(
    "account_research",
    selection=(dg.AssetSelection.assets(DOCUMENTS) | dg.AssetSelection.groups(GROUP)).without_checks(),
    description="Reads the web pages of a workspace's accounts and asks every signal about those that are due.",
    tags={"nooks/class": "nightly"},
)

signal_jobs = [
    dg.define_asset_job(
        f"signals_{signal.name}",
        selection=dg.AssetSelection.assets(key_of(signal)).without_checks(),
        description=f"Asks what is due of one signal. {signal.about}",
    )
    for signal in signals()
]
