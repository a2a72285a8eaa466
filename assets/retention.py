"""`ledger_retention`: the nightly removal of finished work from the ledger, as one step.

Belongs here: relaying between Dagster and the ledger, and those of what was bought, of lists, of calls and their keys.
Does not: what may go (`nooks_dagster.ledger.retention`, `nooks_dagster.llm.retention`, `nooks_dagster.calls.retention`,
`nooks_dagster.signals.retention` and `lists`).
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from pydantic import Field

from assets.boundary import in_sentences
from nooks_dagster.calls import retention as calls
from nooks_dagster.calls.ingest.keys import Keys
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
    age = timedelta(days=config.days)
    with in_sentences():
        removed = dict(forget(postgres.database, age))
        removed["lists"] = forget_lists(postgres.database, lake.lake, age)
        year = timedelta(days=settings().llm_purchases_days)
        removed |= {**purchases.forget(postgres.database, year), **answers.forget(postgres.database, year)}
        removed |= calls.forget(postgres.database, lake.lake, timedelta(days=settings().calls_days))
        Keys(postgres.database, FileSecrets(settings().secrets)).erase_ended()
    yield dg.Output(None, metadata={f"{what}_removed": count for what, count in removed.items()})


@dg.job(
    description="Removes from the ledger what was finished days ago; the last window of each object stays.",
    tags={"nooks/class": "nightly"},
)
def ledger_retention() -> None:
    """Run the one step."""
    forget_finished_work()
