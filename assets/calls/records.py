"""`calls/*`: each call of an hour, stage by stage.

Belongs here: the assets, and their step. Does not: the stages (`nooks_dagster.calls`), what is told
(`assets.calls.relaying`).

One step for all stages, because a call goes through them in one worker's hands. Live workers do that as calls come; a
click or a backfill does it for past hours, any of the stages, and finds done what is done.
"""

from collections.abc import Iterator

import dagster as dg

from assets.calls.config import CallsConfig
from assets.calls.relaying import Told, backfilled
from assets.calls.specs import specs
from assets.partitions import call_hours
from resources.calls import CallsResource

HOURS_OF_A_RUN = 24  # a run costs 4 s and 19 event rows before its first call; a day is done within its limit of time


@dg.multi_asset(
    name="call_logging",
    specs=specs(),
    can_subset=True,
    partitions_def=call_hours,
    backfill_policy=dg.BackfillPolicy.multi_run(HOURS_OF_A_RUN),
    pool="calls",
)
def call_logging(context: dg.AssetExecutionContext, config: CallsConfig, calls: CallsResource) -> Iterator[Told]:
    """Do the selected stages for the calls of past hours."""
    yield from backfilled(context, config, calls)
