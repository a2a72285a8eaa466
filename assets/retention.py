"""`ledger_retention`: the nightly removal of finished work from the ledger, as one step.

Belongs here: relaying between Dagster and the ledger, and those of what was bought, of lists, of calls and their keys.
Does not: what may go (`nooks_dagster.ledger.retention`, `nooks_dagster.llm.retention`, `nooks_dagster.calls.retention`,
`nooks_dagster.signals.retention` and `lists`).
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import partial

import dagster as dg
from pydantic import Field

from assets.boundary import in_sentences
from nooks_dagster.calls import retention as calls
from nooks_dagster.calls.ingest.keys import Keys
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.giving_way import in_background
from nooks_dagster.ledger.retention import forget
from nooks_dagster.llm import retention as purchases
from nooks_dagster.settings import settings
from nooks_dagster.signals import retention as answers
from nooks_dagster.signals.lists import forget_lists
from nooks_dagster.workspaces.secrets import FileSecrets
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class RetentionConfig(dg.Config):
    """How much is kept."""

    days: int = Field(default=settings().ledger_days, ge=1, description="What was finished longer ago is removed.")


@dg.op(
    out=dg.Out(dg.Nothing),
    description="Removes finished work with attempts and lists, ended launches; after a year calls and purchases.",
)
def forget_finished_work(
    config: RetentionConfig, postgres: PostgresResource, lake: LakeResource
) -> Iterator[dg.Output[None]]:
    """Remove in small transactions, and tell how many there were."""
    with in_sentences():
        forgetting = partial(_forget, postgres.database, lake.lake, timedelta(days=config.days))
        removed = in_background(settings().background_nice, forgetting)
    yield dg.Output(None, metadata={f"{what}_removed": count for what, count in removed.items()})


def _forget(db: Database, lake: Lake, age: timedelta) -> Mapping[str, int]:
    bounds = settings()
    year = timedelta(days=bounds.llm_purchases_days)
    removed = {**forget(db, age), "lists": forget_lists(db, lake, age)}
    removed |= {**purchases.forget(db, year), **answers.forget(db, year)}
    removed |= calls.forget(db, lake, timedelta(days=bounds.calls_days))
    Keys(db, FileSecrets(bounds.secrets)).erase_ended()
    return removed


@dg.job(
    description="Removes from the ledger what was finished days ago; the last window of each object stays.",
    tags={"nooks/class": "nightly"},
)
def ledger_retention() -> None:
    """Run the one step."""
    forget_finished_work()
