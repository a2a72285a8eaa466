"""How the stages of calls present themselves: description, columns, owners, freshness.

Belongs here: the specs. Does not: the work (`assets.calls.records`).
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

import dagster as dg

from assets.calls.columns import COLUMNS
from assets.crm.specs import OWNERS, table_key
from assets.judging import health_of
from assets.partitions import between, call_hours, workspaces
from nooks_dagster.calls.model import Stage

GROUP = "call_logging"
CODE_VERSION = "1"
NAMES: Mapping[Stage, str] = {
    Stage.VALIDATE: "validated",
    Stage.TRANSCRIBE: "transcripts",
    Stage.TRANSLATE: "translations",
    Stage.CONTACT: "contacts",
    Stage.RECORD: "records",
    Stage.DELIVER: "crm_activities",
}
IN_LAKE = (Stage.TRANSCRIBE, Stage.TRANSLATE)
LAYERS = {Stage.CONTACT: "table", Stage.RECORD: "table", Stage.TRANSCRIBE: "documents", Stage.TRANSLATE: "documents"}
KINDS = {
    Stage.VALIDATE: {"postgres"},
    Stage.TRANSCRIBE: {"openai", "parquet"},
    Stage.TRANSLATE: {"openai", "parquet"},
    Stage.CONTACT: {"postgres", "table"},
    Stage.RECORD: {"postgres", "table"},
    Stage.DELIVER: {"postgres", "salesforce", "hubspot"},
}
ABOUT = {
    Stage.VALIDATE: "Each call that was sent, and whether it is good enough to go on: the parties' consent, its "
    "length, whether its recording can be read and is not another call's. What is refused is kept, with the reason.",
    Stage.TRANSCRIBE: "Who said what and when, an utterance a row, each channel of a recording heard by itself. One "
    "JSON object a call until the hour is closed, then one Parquet object for the hour and workspace. As it was said: "
    "names and numbers included, for whoever may read the bucket.",
    Stage.TRANSLATE: "The transcripts that were not in their workspace's language, in it. The original stays.",
    Stage.CONTACT: "Whom a call was with: a contact or lead of the workspace's CRMs, by telephone number, then by "
    "e-mail address, with its account and open opportunity. Nobody and several are outcomes.",
    Stage.RECORD: "One row a call: parties, contact, how long who spoke, and the text without telephone, card and "
    "other numbers or e-mail addresses. Written in one transaction with what is to be delivered.",
    Stage.DELIVER: "What became of each record in each place that wants it: a Task in Salesforce, a call in HubSpot, a "
    "signed webhook. Delivered at least once, by a key that makes it one.",
}
# Each live worker shows them at the end of its hour, and again whoever closes the hour.
FRESHNESS = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=3), warn_window=timedelta(hours=2))

health = health_of("calls", "calls", OWNERS)


def key_of(stage: Stage) -> dg.AssetKey:
    """Return the key of what a stage makes."""
    return dg.AssetKey(["calls", NAMES[stage]])


def stages_of(keys: Collection[dg.AssetKey]) -> tuple[Stage, ...]:
    """Return the stages whose assets are selected, in their order."""
    return tuple(stage for stage in NAMES if key_of(stage) in keys)


def specs() -> list[dg.AssetSpec]:
    """Return the specs of all stages, each on the one before it; the contacts on those of the CRMs too."""
    stages = list(NAMES)
    return [spec_of(stage, before) for stage, before in zip(stages, [None, *stages[:-1]], strict=True)]


def spec_of(stage: Stage, before: Stage | None) -> dg.AssetSpec:
    """Return the spec of what a stage makes."""
    name = NAMES[stage]
    people = ["contacts", "leads"] if stage is Stage.CONTACT else []
    all_of_them = between(workspaces, call_hours)
    place: dict[str, object] = (
        {"lake_path": f"calls/{name}/hour=…/workspace=…"}
        if stage in IN_LAKE
        else {"dagster/table_name": f"calls.{name}"}
    )
    return dg.AssetSpec(
        key_of(stage),
        deps=[
            *([key_of(before)] if before else []),
            *(dg.AssetDep(table_key(one), partition_mapping=all_of_them) for one in people),
        ],
        description=ABOUT[stage],
        group_name=GROUP,
        owners=OWNERS,
        kinds=KINDS[stage],
        tags={"nooks/domain": "calls", "nooks/layer": LAYERS.get(stage, "outcomes")},
        metadata={"dagster/column_schema": dg.TableSchema(COLUMNS[stage]), **place},
        code_version=CODE_VERSION,
        freshness_policy=FRESHNESS,
        partitions_def=call_hours,
        skippable=True,
    ).with_io_manager_key("lake_io_manager" if stage in IN_LAKE else "warehouse_io_manager")
