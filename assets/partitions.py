"""The partitions that assets share, and how those of one kind meet those of another. One dimension only.

A dynamic dimension in multi-dimensional keys breaks backfills and slows the UI (measured on 1.13.27).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from nooks_dagster.settings import settings

MOST_DAYS = 400  # 9,600 hours: of more than 10,000 keys the UI draws slowly

workspaces = dg.DynamicPartitionsDefinition(name="workspaces")

# Today too, as far as it has come. The first day is the first that anybody may ask for.
days = dg.DailyPartitionsDefinition(start_date="2020-01-01", end_offset=1)


def _hours(now: datetime) -> dg.HourlyPartitionsDefinition:
    """Return the hours for which calls are kept, the one under way too.

    They begin on a day, not an hour, so that a process that loads a moment later has the same partitions.
    """
    first = now.date() - timedelta(days=min(settings().calls_days, MOST_DAYS))
    return dg.HourlyPartitionsDefinition(f"{first}T00", fmt="%Y-%m-%dT%H", end_offset=1)


call_hours = _hours(datetime.now(UTC))


def between(upstream: dg.PartitionsDefinition, downstream: dg.PartitionsDefinition) -> dg.PartitionMapping:
    """Return which partitions of an upstream asset one of a downstream asset reads, whatever kinds they are of.

    An hour reads its day, a day its hours; what has no time reads all. Without a mapping Dagster refuses an hour that
    reads workspaces, or a workspace that reads hours, and the whole code location with it.

    Args:
        upstream: Of the asset that is read.
        downstream: Of the asset that reads.
    """
    times = (dg.DailyPartitionsDefinition, dg.HourlyPartitionsDefinition)
    if upstream == downstream:
        return dg.IdentityPartitionMapping()
    if isinstance(upstream, times) and isinstance(downstream, times):
        return dg.TimeWindowPartitionMapping()
    return dg.AllPartitionMapping()
