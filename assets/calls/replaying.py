"""`calls_replay`: dead letters of calls are sent again, as one step.

Belongs here: what a person may ask, relaying it. Does not: finding and reviving them
(`nooks_dagster.calls.reprocessing.replay`).
"""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from assets.boundary import in_sentences
from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.reprocessing.replay import MOST, Replay, replay
from nooks_dagster.settings import settings
from resources.postgres import PostgresResource


class ReplayConfig(dg.Config):
    """Which dead letters: those that have all that is named. By itself it only says how many there are."""

    stage: Stage | None = Field(default=None, description="Given up at this one, in capitals; DELIVER for activities.")
    workspace: str | None = Field(default=None, description="Only this one's, such as acme.")
    failure: str | None = Field(default=None, description="Only of this class, such as Permanent or Poison.")
    ids: list[int] = Field(default=[], max_length=MOST, description="Only these calls, by our ids.")
    dry_run: bool = Field(default=True, description="Say how many there are, and send none again.")


@dg.op(out=dg.Out(dg.Nothing), description="Sends dead letters of calls again, a thousand at most.")
def replay_calls(
    context: dg.OpExecutionContext, config: ReplayConfig, postgres: PostgresResource
) -> Iterator[dg.Output[None]]:
    """Revive them; live workers go on with each at the stage at which it was given up."""
    with in_sentences():
        asked = Replay(
            asked_by=f"run {context.run.run_id}",
            stage=config.stage,
            workspace=config.workspace,
            failure=config.failure,
            ids=config.ids,
            dry_run=config.dry_run,
            release=settings().release,
        )
        done = replay(postgres.database, asked)
    told: dict[str, dg.RawMetadataValue] = {
        "replay": done.id,
        "found": done.found,
        "replayed": done.replayed,
        "dry_run": config.dry_run,
    }
    told |= {"not_sent_again": ", ".join(map(str, done.left))} if done.left else {}
    yield dg.Output(None, metadata=told)


@dg.job(
    description="Sends calls and activities that were given up again: choose by stage, workspace, class of failure or "
    "id in the launchpad. Nothing is done again that was done; refused calls begin anew, by id or by validate.",
    tags={"nooks/class": "asked"},
)
def calls_replay() -> None:
    """Run the one step."""
    replay_calls()
