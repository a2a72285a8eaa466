"""`crm_count_reconciliation`: rows counted here and at their source, for all workspaces, as one step.

Belongs here: relaying between Dagster and the counting. Does not: the counting (`nooks_dagster.crm.counts.counting`),
the verdict, which is a check's (`assets.crm.checks`).
"""

from collections.abc import Iterator, Sequence

import dagster as dg
from pydantic import Field

from assets.boundary import failed, in_sentences
from assets.bounded import markdown
from nooks_dagster.crm.counts.counting import Counted, Counting
from nooks_dagster.crm.reporting.overview import workspace_names
from nooks_dagster.ledger.one_by_one import Missed
from resources.crm import CrmResource

SHOWN = 20


class CountConfig(dg.Config):
    """Whose rows."""

    workspaces: list[str] = Field(default=[], description='Only these, such as ["acme"]; empty for all.')


@dg.op(
    description="Counts some buckets of each object at its source and here; lists the ids of one that differs twice.",
    out=dg.Out(dg.Nothing),
)
def crm_counts(context: dg.OpExecutionContext, config: CountConfig, crm: CrmResource) -> Iterator[object]:
    """Count; fail at the end when an object could not be counted. That one differs is the check's to say."""
    platform = crm.platform()
    with in_sentences():
        workspace_names(platform.db, config.workspaces)
        done = list(Counting(platform, context.run.run_id).run(config.workspaces))
    if missed := [f"{one.name}: {one.reason}" for one in done if isinstance(one, Missed)]:
        raise failed(missed)
    yield dg.Output(None, metadata=_metadata([one for one in done if isinstance(one, Counted)]))


def _metadata(counted: Sequence[Counted]) -> dict[str, dg.MetadataValue | int]:
    differing = sorted((one for one in counted if one.differing), key=lambda one: -one.mismatches)
    lines = [
        {
            "lane": f"{one.dataset.connection}/{one.dataset.source}",
            "buckets that differ": f"{one.differing} of {one.buckets}",
            "times in a row": f"{one.mismatches}",
        }
        for one in differing
    ]
    table = {"differing": dg.MetadataValue.md(markdown(lines, SHOWN))} if lines else {}
    return {
        "objects_counted": sum(bool(one.buckets) for one in counted),
        "objects_that_cannot_be_counted": sum(not one.buckets for one in counted),
        "buckets_counted": sum(one.buckets for one in counted),
        "buckets_differing": sum(one.differing for one in counted),
        **table,
    }


@dg.job(
    description="Counts rows here and at their source, a few ranges of ids of each object a night.",
    tags={"nooks/class": "nightly"},
)
def crm_count_reconciliation() -> None:
    """Run the one step."""
    crm_counts()
