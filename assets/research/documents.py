"""`research/documents`: the public pages of every account's web site, each text once in the lake.

Belongs here: relaying between Dagster and research. Does not: the research (`nooks_dagster.research`), what the asset's
page shows (`assets.research.results`).
"""

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import dagster as dg
from pydantic import Field

from assets.boundary import failed, in_sentences
from assets.crm.specs import OWNERS, table_key
from assets.launched import launched
from assets.partitions import workspaces
from assets.research.results import Tally, materialized, observed
from nooks_dagster.research.planning import Wish
from nooks_dagster.research.runs import ResearchRun, WorkspaceResearch
from resources.research import ResearchResource

KEY = dg.AssetKey(["research", "documents"])
NIGHT = timedelta(hours=26)  # planned each night
OBSERVE_EVERY = 300.0  # seconds: a book of 100,000 accounts takes hours, and each observation is an event row


class ResearchConfig(dg.Config):
    """What is wanted beyond what is due. Without any of it: sites that are new, or whose pages have aged."""

    accounts: list[str] = Field(
        default=[],
        description='Look again at these: ids of CRM accounts, or sites, such as ["001xx000003DGb1", "example.com"].',
    )
    again: bool = Field(default=False, description="Look again at the sites of all accounts, whenever that was last.")

    def wish(self) -> Wish:
        """Return what is wanted."""
        return Wish(tuple(self.accounts), again=self.again)


@dg.asset(
    key=KEY,
    deps=[table_key("accounts")],
    description="The public pages of each account's web site (home, about, careers, news, blog and their newest "
    "articles): readable text, title and language, each text once in the lake under its hash. A site is read once for "
    "all workspaces, by robots.txt, again after 7 days where it changes often and after 30 elsewhere.",
    partitions_def=workspaces,
    group_name="research",
    owners=OWNERS,
    kinds={"json", "postgres"},
    tags={"nooks/domain": "research", "nooks/layer": "documents"},
    metadata={"lake_path": "research/documents/<first two of stored_in>/<stored_in>.json"},
    code_version="1",
    freshness_policy=dg.FreshnessPolicy.time_window(fail_window=2 * NIGHT, warn_window=NIGHT),
)
def research_documents(
    context: dg.AssetExecutionContext, config: ResearchConfig, research: ResearchResource
) -> Iterator[dg.MaterializeResult[Any] | dg.AssetObservation]:
    """Look at the sites that are due; a site that cannot be read is an outcome, and no failure."""
    with in_sentences():
        platform, run = research.platform(), _run(context, config)
        work, tally = WorkspaceResearch(platform, run), Tally()
        yield from _under_way(work, run.workspace, tally)
        with platform.db.transaction() as conn:
            result = materialized(conn, run.workspace, tally)
    yield result
    if work.problems and run.launch is None:
        raise failed(work.problems)


def _under_way(work: WorkspaceResearch, workspace: str, tally: Tally) -> Iterator[dg.AssetObservation]:
    """Work, count what is kept, and tell now and then how far it is."""
    told = time.monotonic()
    with closing(work.beats()) as beats:
        for kept in beats:
            if kept:
                tally.add(kept)
            elif time.monotonic() - told >= OBSERVE_EVERY:
                told = time.monotonic()
                yield observed(KEY, workspace, tally)


def _run(context: dg.AssetExecutionContext, config: ResearchConfig) -> ResearchRun:
    run = launched(context)
    return ResearchRun(run.workspace, run.run_id, run.launch, run.work_class, config.wish())
