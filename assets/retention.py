"""`ledger_retention`: the nightly removal of finished work from the ledger, as one step.

Belongs here: relaying between Dagster and the ledger. Does not: what may go (`nooks_dagster.ledger.retention`).
"""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
from pydantic import Field

from assets.bounded import sentences
from nooks_dagster.ledger.retention import forget
from nooks_dagster.ledger.verdicts import described
from nooks_dagster.settings import settings
from resources.postgres import PostgresResource


class RetentionConfig(dg.Config):
    """How much is kept."""

    days: int = Field(default=settings().ledger_days, ge=1, description="What was finished longer ago is removed.")


@dg.op(out=dg.Out(dg.Nothing), description="Removes finished items of work, their attempts, and ended launches.")
def forget_finished_work(config: RetentionConfig, postgres: PostgresResource) -> Iterator[dg.Output[None]]:
    """Remove in small transactions, and tell how many there were."""
    try:
        removed = forget(postgres.database, timedelta(days=config.days))
    except Exception as error:  # noqa: BLE001  the boundary: a message may quote what the ledger holds
        raise dg.Failure(sentences([described(error)]), allow_retries=False) from None
    yield dg.Output(None, metadata={f"{what}_removed": count for what, count in removed.items()})


@dg.job(
    description="Removes from the ledger what was finished days ago; the last window of each object stays.",
    tags={"nooks/class": "nightly"},
)
def ledger_retention() -> None:
    """Run the one step."""
    forget_finished_work()
