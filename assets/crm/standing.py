"""How an object of a workspace stands, on its asset's page: how far it is, its lag over a day, the calls of the day.

Belongs here: metadata that tells the same whoever materialises. Does not: what a run did (`assets.crm.results`).
"""

import dagster as dg

from assets.plots import line
from nooks_dagster.crm.sync.runs import WorkspaceSync

SHOWN = 5


def standing(key: dg.AssetKey, sync: WorkspaceSync) -> dict[str, dg.MetadataValue]:
    """Return how an asset of a workspace stands: the table's page has the plot, that of the raw rows their fields."""
    past = sync.past(key.path[-1], over_a_day=key.path[0] == "crm")
    metadata: dict[str, dg.MetadataValue] = {}
    if past.complete_until and past.lag is not None:
        metadata["complete_until"] = dg.TimestampMetadataValue(past.complete_until.timestamp())
        metadata["lag_minutes"] = dg.FloatMetadataValue(round(past.lag.total_seconds() / 60, 1))
    if past.lags:
        minutes = [lag.total_seconds() / 60 for lag in past.lags]
        metadata["lag_of_a_day"] = dg.MarkdownMetadataValue(line(minutes, "min", "lag over 24 h"))
    if key.path[0] == "crm_raw" and (changes := sync.drift(key.path[-1])):
        lines = [f"{one.lane} {one.field}: {one.words}, {one.noticed_at:%Y-%m-%d}" for one in changes[:SHOWN]]
        metadata["fields_that_changed"] = dg.TextMetadataValue("; ".join(lines))
    told = [f"{name}: {one.used:,} of {one.allowed:,}" for name, one in sync.allowances().items()]
    if told:
        metadata["api_calls_of_the_day"] = dg.TextMetadataValue("; ".join(told[:SHOWN]))
    return metadata
