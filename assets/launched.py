"""For whom a run works: whose partition, launched by the dispatcher or clicked by a person.

Belongs here: reading that from Dagster's context, for assets of every domain. Does not: launching (`sensors`).
"""

import dagster as dg

from nooks_dagster.failures import Permanent
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.runs import WorkspaceRun
from nooks_dagster.workspaces.names import workspace_name

Context = dg.AssetExecutionContext | dg.OpExecutionContext


def launched(context: Context) -> WorkspaceRun:
    """Return for whom a run works.

    Raises:
        Permanent: The run has no partition.
    """
    if not context.has_partition_key:
        raise Permanent("The run names no workspace.", next_step="Choose a partition; several become a run each.")
    run, launch = context.run, launch_of(context)
    work_class = WorkClass.ASKED if launch is None else WorkClass[run.tags["nooks/class"].upper()]
    return WorkspaceRun(workspace_name(context.partition_key), run.run_id, launch, work_class)


def class_of(context: Context) -> WorkClass:
    """Return for whom a run works that needs no launch: its job tells, and without one a person waits for it."""
    run = context.run
    tag = None if run.parent_run_id else run.tags.get("nooks/class")
    return WorkClass.ASKED if tag is None else WorkClass[tag.upper()]


def launch_of(context: Context) -> int | None:
    """Return the number of a run's launch; a re-execution carries its parent's tags, and is a click all the same."""
    run = context.run
    tag = None if run.parent_run_id else run.tags.get("nooks/launch")
    return None if tag is None else int(tag.rpartition(":")[2])
