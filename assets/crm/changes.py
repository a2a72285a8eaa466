"""`crm/changes`: every row of every workspace's CRMs that was inserted, changed or deleted on a day.

Belongs here: relaying between Dagster and the derivation.
Does not: the derivation (`nooks_dagster.crm.changes.deriving`).
"""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import partial

import dagster as dg
from pydantic import Field

from assets.boundary import in_sentences
from assets.bounded import markdown, sentences
from assets.crm.specs import FRESHNESS, OWNERS, raw_key
from assets.launched import class_of
from assets.partitions import days
from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.changes.deriving import Changes, Derived
from nooks_dagster.crm.changes.folders import CHANGES
from nooks_dagster.crm.changes.rows import KINDS, Day
from nooks_dagster.crm.reporting.overview import workspace_names
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.sync.wishes import wish
from nooks_dagster.failures import Permanent
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.giving_way import give_way
from nooks_dagster.workspaces.registry import Registry
from resources.crm import CrmResource

KEY = dg.AssetKey(CHANGES.split("/"))
SHOWN = 30
COLUMNS = [
    dg.TableColumn("workspace", "string", "The customer."),
    dg.TableColumn("connection", "string", "The CRM that the row came from."),
    dg.TableColumn("canonical", "string", "The object as the platform knows it, such as `accounts`."),
    dg.TableColumn("source_object", "string", "The object's name in the CRM."),
    dg.TableColumn("id", "string", "The row's id there."),
    dg.TableColumn("kind", "string", "`inserted`, `changed` or `deleted`."),
    dg.TableColumn("changed_at", "timestamp", "When, by the source's stamp."),
    dg.TableColumn("observed_at", "timestamp", "When the query that saw it began."),
    dg.TableColumn("values", "string", "The row's fields after the change as a JSON object; `{}` of a deleted one."),
]


class ChangesConfig(dg.Config):
    """Whose changes, and from where."""

    workspaces: list[str] = Field(default=[], description='Only these, such as ["acme"]; empty for all.')
    reread: bool = Field(
        default=False, description="Read what changed that day from the CRMs again first; spends API calls."
    )


@dg.asset(
    key=KEY,
    description="Each row that was inserted, changed or deleted on a day (UTC, by the source's stamp), of all "
    "workspaces, with its values after the change. Derived from the raw rows in the lake.",
    deps=[dg.AssetDep(raw_key(name), partition_mapping=dg.AllPartitionMapping()) for name in OBJECTS],
    partitions_def=days,
    group_name="crm_changes",
    owners=OWNERS,
    kinds={"parquet", "salesforce", "hubspot"},
    tags={"nooks/domain": "crm", "nooks/layer": "changes"},
    metadata={"dagster/column_schema": dg.TableSchema(COLUMNS), "lake_path": f"{CHANGES}/date=…/workspace=…"},
    code_version="1",
    freshness_policy=FRESHNESS,
    io_manager_key="lake_io_manager",
)
def crm_changes(context: dg.AssetExecutionContext, config: ChangesConfig, crm: CrmResource) -> Dataset:
    """Derive a day for each connection; what it holds already stays."""
    platform, day = crm.platform(), Day(date.fromisoformat(context.partition_key))
    with in_sentences():
        names = workspace_names(platform.db, config.workspaces)
        if config.reread:
            _reread(platform, context.run.run_id, day, config.workspaces)
        begin = partial(give_way, class_of(context), platform.settings.background_nice)
        derived = _derive(platform, context.run.run_id, day, names, begin)
    context.add_output_metadata(_metadata(derived))
    return Dataset.below(platform.lake, f"{CHANGES}/date={context.partition_key}")


def _reread(platform: Platform, run_id: str, day: Day, workspaces: Sequence[str]) -> None:
    """Read a day of some workspaces again, as a click with `since` and `until` does.

    Raises:
        Permanent: No workspace is named, or one could not be read.
    """
    if not workspaces:
        raise Permanent(
            "'reread' spends the API calls of each workspace's day, and none is named.",
            next_step='Name them: workspaces: ["acme"].',
        )
    request = wish(since=day.start.isoformat(), until=day.end.isoformat())
    for workspace in workspaces:
        sync = WorkspaceSync(platform, SyncRun(workspace, run_id, request=request))
        missed = [f"{r.task.connection}/{r.task.source}: {r.reason}" for r in sync.run() if r.reason]
        if missed or sync.problems:
            raise Permanent(sentences([*missed, *sync.problems]), subject=workspace)


def _derive(
    platform: Platform, run_id: str, day: Day, workspaces: Sequence[str], begin: Callable[[], None]
) -> list[Derived]:
    changes, wanted = Changes(platform.db, platform.lake, run_id), set(workspaces)
    connections = [c for c in Registry(platform.db).connections() if c.workspace in wanted]
    # Most of the time goes to asking the lake for small parts, many at night and few of them large.
    with ThreadPoolExecutor(platform.settings.crm_workers, initializer=begin) as pool:
        return list(pool.map(lambda connection: changes.derive(day, connection), connections))


def _metadata(derived: Sequence[Derived]) -> dict[str, dg.MetadataValue]:
    totals: Counter[tuple[str, str]] = Counter()
    for one in derived:
        totals.update(one.counts)
    kinds = {f"rows_{kind}": sum(n for (_, k), n in totals.items() if k == kind) for kind in KINDS}
    metadata: dict[str, dg.MetadataValue] = {name: dg.MetadataValue.int(count) for name, count in kinds.items()}
    metadata["connections"] = dg.MetadataValue.int(len(derived))
    metadata["connections_with_news"] = dg.MetadataValue.int(sum(one.news for one in derived))
    if totals:
        metadata["objects"] = dg.MetadataValue.md(markdown(_objects(totals), SHOWN, numbers=KINDS))
    if derived:
        largest = sorted(derived, key=lambda one: -one.rows)
        rows = [{"connection": one.connection, "rows": f"{one.rows:,}"} for one in largest]
        metadata["largest"] = dg.MetadataValue.md(markdown(rows, SHOWN, numbers=["rows"]))
    return metadata


def _objects(totals: Counter[tuple[str, str]]) -> list[dict[str, str]]:
    objects = sorted({canonical for canonical, _ in totals})
    return [{"object": name, **{kind: f"{totals[name, kind]:,}" for kind in KINDS}} for name in objects]
