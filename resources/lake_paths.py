"""Where a partition of an asset lies in the lake: Hive-style folders that other engines can read.

Belongs here: names. `crm_raw/accounts`, partition `acme` of `workspaces` -> `crm_raw/accounts/workspace=acme`.
Does not: what is stored there.
"""

from urllib.parse import quote

import dagster as dg

_TIMES = {
    dg.HourlyPartitionsDefinition: "hour",
    dg.DailyPartitionsDefinition: "date",
    dg.WeeklyPartitionsDefinition: "week",
    dg.MonthlyPartitionsDefinition: "month",
}


def prefix(asset: dg.AssetKey, partitions: dg.PartitionsDefinition | None = None, key: str | None = None) -> str:
    """Return the folder of an asset, or of one of its partitions, without a trailing slash.

    Args:
        asset: The asset.
        partitions: How it is partitioned, if it is.
        key: The partition. Characters outside `[A-Za-z0-9_.~-]` are percent-encoded.

    Raises:
        TypeError: The partitions have two dimensions.
    """
    folder = "/".join(quote(part, safe="") for part in asset.path)
    if partitions is None or key is None:
        return folder
    return f"{folder}/{_dimension(asset, partitions)}={quote(key, safe='')}"


def _dimension(asset: dg.AssetKey, partitions: dg.PartitionsDefinition) -> str:
    """Return what one partition is called: dynamic partitions `workspaces` consist of a `workspace`."""
    if isinstance(partitions, dg.MultiPartitionsDefinition):
        raise TypeError(f"{asset.to_user_string()} has two-dimensional partitions; the lake stores one dimension.")
    if isinstance(partitions, dg.DynamicPartitionsDefinition) and partitions.name:
        return partitions.name.removesuffix("s")
    return _TIMES.get(type(partitions), "partition")
