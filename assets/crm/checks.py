"""What must hold of the CRM records of all workspaces, read from our own tables.

A check that looks at one partition turns green again with the next healthy one, so each of these judges every
workspace and names the worst 20 with what to do.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from assets.bounded import markdown
from assets.crm.specs import raw_key, table_key
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.overview import DiscoveryStatus, discoveries
from nooks_dagster.crm.status import LaneStatus, Unmerged, lane_statuses, unmerged_parts
from resources.postgres import PostgresResource

WORST = 20
LANES = "no_lane_is_blocked"
MERGED = "landed_rows_are_merged"


@dg.multi_asset_check(
    name="crm_lane_checks",
    specs=[
        dg.AssetCheckSpec(LANES, asset=table_key(name), description="Every source object of every workspace moves.")
        for name in OBJECTS
    ],
    can_subset=True,
)
def crm_lane_checks(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource
) -> Iterator[dg.AssetCheckResult]:
    """Fail for an object when a lane of it is blocked; for all, when a connection cannot even be looked into."""
    with postgres.database.transaction() as conn:
        lanes = lane_statuses(conn)
        connections = [_connection(look) for look in discoveries(conn).values() if look.state == "blocked"]
    for key in sorted(context.selected_asset_check_keys):
        mine = [lane for lane in lanes if lane.canonical == key.asset_key.path[-1] and lane.state == "blocked"]
        yield _result(key, [*connections, *map(_lane, mine)])


@dg.multi_asset_check(
    name="crm_landing_checks",
    specs=[
        dg.AssetCheckSpec(MERGED, asset=raw_key(name), description="What reached the lake reached Postgres too.")
        for name in OBJECTS
    ],
    can_subset=True,
)
def crm_landing_checks(
    context: dg.AssetCheckExecutionContext, postgres: PostgresResource
) -> Iterator[dg.AssetCheckResult]:
    """Fail for an object when a part landed more than 15 minutes ago and is not merged."""
    with postgres.database.transaction() as conn:
        unmerged = unmerged_parts(conn)
    for key in sorted(context.selected_asset_check_keys):
        yield _result(key, [_part(part) for part in unmerged if part.canonical == key.asset_key.path[-1]])


def _result(key: dg.AssetCheckKey, rows: Sequence[dict[str, str]]) -> dg.AssetCheckResult:
    metadata = {"count": dg.MetadataValue.int(len(rows))}
    table = {"worst": dg.MetadataValue.md(markdown(rows, WORST))} if rows else {}
    return dg.AssetCheckResult(
        asset_key=key.asset_key, check_name=key.name, passed=not rows, metadata={**metadata, **table}
    )


def _connection(look: DiscoveryStatus) -> dict[str, str]:
    return {
        "lane": look.connection,
        "complete until": "-",
        "what happened, what to do": look.reason or "",
        "next try": f"{look.next_try:%Y-%m-%d %H:%M}",
    }


def _lane(lane: LaneStatus) -> dict[str, str]:
    return {
        "lane": f"{lane.connection}/{lane.source}",
        "complete until": f"{lane.watermark:%Y-%m-%d %H:%M}" if lane.watermark else "no history yet",
        "what happened, what to do": lane.reason or "",
        "next try": f"{lane.next_try:%Y-%m-%d %H:%M}",
    }


def _part(part: Unmerged) -> dict[str, str]:
    return {
        "lane": part.lane,
        "part": part.uri,
        "landed": f"{part.landed_at:%Y-%m-%d %H:%M}",
        "what happened, what to do": part.reason or "Waits for its turn; the dispatcher launches it again.",
    }
