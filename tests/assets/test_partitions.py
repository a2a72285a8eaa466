"""Workspaces, days and hours meet each other by a mapping that is ready made; without one nothing loads."""

from datetime import UTC, datetime, timedelta
from itertools import product

import dagster as dg
import pytest

from assets.partitions import between, call_hours, days, workspaces

KINDS = {"workspaces": workspaces, "days": days, "hours": call_hours}
PAIRS = list(product(KINDS, KINDS))


def graph(mapping: dg.PartitionMapping | None, of: dg.PartitionsDefinition, by: dg.PartitionsDefinition) -> None:
    @dg.asset(partitions_def=of)
    def upstream() -> None: ...

    @dg.asset(partitions_def=by, deps=[dg.AssetDep("upstream", partition_mapping=mapping)])
    def downstream() -> None: ...

    dg.Definitions.validate_loadable(dg.Definitions(assets=[upstream, downstream]))


@pytest.mark.parametrize(("of", "by"), PAIRS, ids=map("-".join, PAIRS))
def test_any_kind_of_partitions_may_read_any_other(of: str, by: str) -> None:
    graph(between(KINDS[of], KINDS[by]), KINDS[of], KINDS[by])


@pytest.mark.parametrize(("of", "by"), [("workspaces", "hours"), ("hours", "workspaces"), ("workspaces", "days")])
def test_what_has_no_time_and_what_has_need_a_mapping(of: str, by: str) -> None:
    with pytest.raises(dg.DagsterInvalidDefinitionError, match="Invalid partition mapping"):
        graph(None, KINDS[of], KINDS[by])


def test_an_hour_reads_its_day_and_a_day_its_hours() -> None:
    mapping = between(call_hours, days)
    day = f"{datetime.now(UTC) - timedelta(days=2):%Y-%m-%d}"
    subset = days.empty_subset().with_partition_keys([day])
    read = mapping.get_upstream_mapped_partitions_result_for_partitions(subset, days, call_hours)
    assert list(read.partitions_subset.get_partition_keys()) == [f"{day}T{hour:02d}" for hour in range(24)]


def test_the_hours_of_calls_end_with_the_one_under_way_and_are_no_more_than_the_ui_draws() -> None:
    keys = call_hours.get_partition_keys()
    assert keys[-1] in {f"{datetime.now(UTC) - timedelta(hours=late):%Y-%m-%dT%H}" for late in (0, 1)}
    assert keys[0].endswith("T00")
    assert len(keys) <= 10_000
