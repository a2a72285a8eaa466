"""How the CRM assets present themselves: description, schema, owners, freshness.

Belongs here: the specs, made from the canonical objects so that table and UI can't disagree.
Does not: the work (`assets.crm.records`).
"""

from datetime import timedelta

import dagster as dg

from assets.partitions import workspaces
from nooks_dagster.crm.canonical import OBJECTS, CanonicalObject
from nooks_dagster.crm.origins import origins

GROUP = "crm_records"
OWNERS = ["team:data-platform"]
CODE_VERSION = "1"

# The slowest promise made to sales reps is a day; a workspace that lags behind its cadence is a check's business,
# because a freshness policy knows assets, not partitions.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=26), warn_window=timedelta(hours=25))

SYSTEM_COLUMNS = [
    dg.TableColumn("connection_id", "text", "The CRM that the row came from."),
    dg.TableColumn("source_object", "text", "The object's name there."),
    dg.TableColumn("id", "text", "The row's id there."),
]
VERSION_COLUMNS = [
    dg.TableColumn("properties", "jsonb", "Every other field of the source, custom ones included."),
    dg.TableColumn("source_stamp", "timestamptz", "When the source last changed the row, by its clock."),
    dg.TableColumn("observed_at", "timestamptz", "When the query that read this version began."),
    dg.TableColumn("present_at", "timestamptz", "When the row was last seen, or seen to be gone."),
    dg.TableColumn("deleted_reason", "text", "Why the row is gone, `deleted` or `merged`; null while it exists."),
    dg.TableColumn("merged_into", "text", "The id of the row that a merged one became part of."),
]


def raw_key(name: str) -> dg.AssetKey:
    """Return the key of the raw rows of a canonical object."""
    return dg.AssetKey(["crm_raw", name])


def table_key(name: str) -> dg.AssetKey:
    """Return the key of the table of a canonical object."""
    return dg.AssetKey(["crm", name])


def raw_spec(name: str) -> dg.AssetSpec:
    """Return the spec of an object's raw rows in the lake."""
    return _spec(
        raw_key(name),
        f"{OBJECTS[name].about} As the source sent them: typed Parquet, one part per chunk, every version that was "
        "read.",
        layer="raw",
        kinds={"parquet", "salesforce", "hubspot"},
        metadata={"lake_path": f"crm_raw/{name}/workspace=…/connection=…/source=…"},
    ).with_io_manager_key("lake_io_manager")


def table_spec(canonical: CanonicalObject) -> dg.AssetSpec:
    """Return the spec of an object's table."""
    filled_by = origins(canonical.name)
    typed = [dg.TableColumn(c.name, c.type.postgres, filled_by.get(c.name)) for c in canonical.columns]
    return _spec(
        table_key(canonical.name),
        f"{canonical.about} One row each, as the source last had it; gone rows are kept as tombstones.",
        layer="table",
        kinds={"postgres", "table"},
        metadata={
            "dagster/column_schema": dg.TableSchema([*SYSTEM_COLUMNS, *typed, *VERSION_COLUMNS]),
            "dagster/table_name": canonical.table,
        },
        deps=[raw_key(canonical.name)],
    ).with_io_manager_key("warehouse_io_manager")


def specs() -> list[dg.AssetSpec]:
    """Return the specs of all CRM assets, raw before table."""
    return [*map(raw_spec, OBJECTS), *map(table_spec, OBJECTS.values())]


def _spec(
    key: dg.AssetKey,
    description: str,
    *,
    layer: str,
    kinds: set[str],
    metadata: dict[str, object],
    deps: list[dg.AssetKey] | None = None,
) -> dg.AssetSpec:
    return dg.AssetSpec(
        key,
        description=description,
        deps=deps or [],
        group_name=GROUP,
        owners=OWNERS,
        kinds=kinds,
        tags={"nooks/domain": "crm", "nooks/layer": layer},
        metadata=metadata,
        code_version=CODE_VERSION,
        freshness_policy=FRESHNESS,
        partitions_def=workspaces,
        skippable=True,
    )
