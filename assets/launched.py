"""For whom a run works: whose partition, launched by the dispatcher or clicked by a person.

Belongs here: reading that from Dagster's context, for assets of every domain. Does not: launching (`sensors`).
"""

from dataclasses import dataclass

import dagster as dg

from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.names import workspace_name

Context = dg.AssetExecutionContext | dg.OpExecutionContext


@dataclass(frozen=True, slots=True)
class Launched:
    """A run of a workspace; `launch` is the number of its launch, None for a click, whose class is ASKED."""

    workspace: str
    run_id: str
    launch: int | None
    work_class: WorkClass


def launched(context: Context) -> Launched:
    """Return for whom a run works; a re-execution carries the tags of its parent, and is a click all the same.

    Raises:
        Permanent: The run has no partition.
    """
    if not context.has_partition_key:
        raise Permanent("The run names no workspace.", next_step="Choose a partition; several become a run each.")
    tags, run = context.run.tags, context.run
    tag = None if run.parent_run_id else tags.get("nooks/launch")
    launch = None if tag is None else int(tag.rpartition(":")[2])
    work_class = WorkClass.ASKED if launch is None else WorkClass[tags["nooks/class"].upper()]
    return Launched(workspace_name(context.partition_key), run.run_id, launch, work_class)
