"""The jobs of calls that the dispatcher launches: live workers and closings.

Belongs here: the jobs. Does not: when they are launched (`sensors`), sending calls again (`assets.calls.replaying`).
"""

from collections.abc import Iterator

import dagster as dg

from assets.calls.relaying import Event, closed, live
from resources.calls import CallsResource


@dg.op(out=dg.Out(dg.Nothing), pool="calls_live", description="Takes calls as they come, for an hour.")
def live_worker(context: dg.OpExecutionContext, calls: CallsResource) -> Iterator[Event | dg.Output[None]]:
    """Work; show the hour at its end."""
    yield from live(context, calls)
    yield dg.Output(None)


# Not partitioned: it starts two minutes before its hour, when there is no such partition yet. A tag tells the hour.
@dg.job(
    description="Takes calls through their stages as they come. `call_hours_sensor` starts one for each slot and hour.",
    tags={"nooks/class": "live"},
)
def calls_live() -> None:
    """Run the one step."""
    live_worker()


# Of no pool: the dispatcher has one at a time, and it must not wait for a backfill of days to end.
@dg.op(out=dg.Out(dg.Nothing), description="Closes the hours that are due.")
def close_hours(context: dg.OpExecutionContext, calls: CallsResource) -> Iterator[Event | dg.Output[None]]:
    """Count, fold transcripts into Parquet, and show each hour."""
    yield from closed(context, calls)
    yield dg.Output(None)


@dg.job(
    description="Closes hours of calls five minutes after their end, again when something came late.",
    tags={"nooks/class": "nightly"},
)
def calls_closing() -> None:
    """Run the one step."""
    close_hours()
