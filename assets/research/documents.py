"""`research/documents`: the public pages of every account's web site, each text once in the lake.

Belongs here: how the asset presents itself. Does not: its step, which asks too (`assets.account_signals.records`), the
research (`nooks_dagster.research`), what the asset's page shows (`assets.research.results`).
"""

from datetime import timedelta

import dagster as dg

from assets.crm.specs import OWNERS, table_key
from assets.partitions import workspaces

KEY = dg.AssetKey(["research", "documents"])
NIGHT = timedelta(hours=26)  # planned each night


def spec() -> dg.AssetSpec:
    """Return the spec of the documents."""
    return dg.AssetSpec(
        KEY,
        deps=[table_key("accounts")],
        description="The public pages of each account's web site (home, about, careers, news, blog and their newest "
        "articles): readable text, title and language, each text once in the lake under its hash. A site is read once "
        "for all workspaces, by robots.txt, again after 7 days where it changes often and after 30 elsewhere.",
        partitions_def=workspaces,
        group_name="research",
        owners=OWNERS,
        kinds={"json", "postgres"},
        tags={"nooks/domain": "research", "nooks/layer": "documents"},
        metadata={"lake_path": "research/documents/<first two of stored_in>/<stored_in>.json"},
        code_version="1",
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * NIGHT, warn_window=NIGHT),
        skippable=True,
    )
