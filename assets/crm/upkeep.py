"""`crm_lake_compaction`: the nightly upkeep of the raw rows of all workspaces, as one step.

Belongs here: relaying between Dagster and the upkeep. Does not: the upkeep (`nooks_dagster.crm.upkeep.lake`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

import dagster as dg
from pydantic import Field

from assets.boundary import failed, in_sentences
from assets.bounded import markdown
from assets.crm.specs import raw_key
from nooks_dagster.crm.changes.folders import expire_changes
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.upkeep.compaction import Compacted
from nooks_dagster.crm.upkeep.janitor import Janitor, Swept
from nooks_dagster.crm.upkeep.lake import Upkeep
from nooks_dagster.ledger.giving_way import in_background
from nooks_dagster.ledger.one_by_one import Missed
from resources.crm import CrmResource

SHOWN = 20


class LakeUpkeepConfig(dg.Config):
    """How to do it."""

    dry_run: bool = Field(default=False, description="Compact nothing, remove nothing; say what would be removed.")


@dg.op(
    description="Folds the deltas of raw rows into their base, then removes parts superseded a week ago.",
    out=dg.Out(dg.Nothing),
)
def crm_lake_upkeep(context: dg.OpExecutionContext, config: LakeUpkeepConfig, crm: CrmResource) -> Iterator[object]:
    """Compact, then sweep, whatever became of the first; fail at the end when a dataset could not be compacted."""
    platform = crm.platform()
    with in_sentences():
        done = [] if config.dry_run else list(Upkeep(platform, context.run.run_id).compact())
        swept, expired = in_background(platform.settings.background_nice, partial(_removed, platform, config.dry_run))
    compacted = [one for one in done if isinstance(one, Compacted)]
    yield from _observations(compacted)
    missed = [f"{one.name}: {one.reason}" for one in done if isinstance(one, Missed)]
    if missed:
        raise failed(missed)
    metadata = _metadata(compacted, swept, dry_run=config.dry_run) | {"days_of_changes_removed": expired}
    yield dg.Output(None, metadata=metadata)


def _removed(platform: Platform, dry_run: bool) -> tuple[list[Swept], int]:
    swept = list(Janitor(platform.db, platform.lake).sweep(dry_run=dry_run))
    kept = timedelta(days=platform.settings.crm_changes_days)
    return swept, 0 if dry_run else expire_changes(platform.db, platform.lake, kept)


def _observations(compacted: Sequence[Compacted]) -> Iterator[dg.AssetObservation]:
    """Show each raw asset what happened to it: one event for all its workspaces."""
    by_object: dict[str, list[Compacted]] = defaultdict(list)
    for one in compacted:
        by_object[one.dataset.canonical].append(one)
    for canonical, ones in by_object.items():
        yield dg.AssetObservation(raw_key(canonical), metadata=_totals(ones))


def _totals(ones: Sequence[Compacted]) -> dict[str, int]:
    return {
        "datasets_compacted": len(ones),
        "parts_before": sum(one.before.parts for one in ones),
        "parts_after": sum(one.after.parts for one in ones),
        "bytes_before": sum(one.before.bytes for one in ones),
        "bytes_after": sum(one.after.bytes for one in ones),
    }


def _metadata(
    compacted: Sequence[Compacted], swept: Sequence[Swept], *, dry_run: bool
) -> dict[str, dg.MetadataValue | int | bool]:
    tables: dict[str, dg.MetadataValue] = {}
    if compacted:
        largest = sorted(compacted, key=lambda one: -one.before.bytes)
        tables["compacted"] = dg.MetadataValue.md(markdown([_compacted(one) for one in largest], SHOWN))
    if swept:
        most = sorted(swept, key=lambda one: -one.removed_bytes)
        tables["superfluous"] = dg.MetadataValue.md(markdown([_swept(one) for one in most], SHOWN))
    return {
        "dry_run": dry_run,
        **_totals(compacted),
        "parts_removed": sum(len(one.removed) for one in swept),
        "bytes_freed": sum(one.removed_bytes for one in swept),
        "parts_kept_for_a_week": sum(one.waiting for one in swept),
        **tables,
    }


def _compacted(one: Compacted) -> dict[str, str]:
    return {
        "dataset": one.dataset.prefix,
        "parts": f"{one.before.parts:,} to {one.after.parts:,}",
        "rows": f"{one.before.rows:,} to {one.after.rows:,}",
        "MB": f"{one.before.bytes / 1e6:.1f} to {one.after.bytes / 1e6:.1f}",
    }


def _swept(one: Swept) -> dict[str, str]:
    return {
        "dataset": one.dataset,
        "removed": f"{len(one.removed):,}",
        "MB": f"{one.removed_bytes / 1e6:.1f}",
        "kept for now": f"{one.waiting:,}",
        "such as": one.removed[0].rpartition("/")[2] if one.removed else "-",
    }


@dg.job(
    description="Compacts the raw rows of all workspaces and removes parts that were superseded a week ago.",
    tags={"nooks/class": "nightly"},
)
def crm_lake_compaction() -> None:
    """Run the one step."""
    crm_lake_upkeep()
