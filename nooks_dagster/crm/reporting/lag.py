"""How far an object lags behind its source, against how far it may by the cadence of its connection.

Belongs here: that judgement. Does not: why it lags (`crm.reporting.status` knows what is going on with its lane).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nooks_dagster.crm.lifecycle.chosen import wants
from nooks_dagster.crm.lifecycle.options import lenient
from nooks_dagster.crm.lifecycle.pausing import RESTING
from nooks_dagster.crm.reporting.status import LaneStatus
from nooks_dagster.crm.starts.incremental import cadence_of
from nooks_dagster.settings import settings
from nooks_dagster.workspaces.registry import Connection

# A start, a sync that takes as long, and the five minutes and more that a source holds back as not yet certain.
CADENCES = 2
HELD_BACK = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Late:
    """An object that lags behind by more than it may."""

    lane: LaneStatus
    lag: timedelta
    allowed: timedelta


def allowed_lag(connection: Connection) -> timedelta:
    """Return how far the objects of a connection may lag behind before somebody should look."""
    return CADENCES * cadence_of(connection, timedelta(minutes=settings().crm_cadence_minutes)) + HELD_BACK


def late_lanes(lanes: Sequence[LaneStatus], connections: Sequence[Connection]) -> Sequence[Late]:
    """Return the objects that lag behind, the worst first; not what rests by wish, is left out or has no history."""
    awake = {
        one.id: (allowed_lag(one), lenient(one.options, one.id)) for one in connections if one.state not in RESTING
    }
    late: list[Late] = []
    for lane in lanes:
        allowed, options = awake.get(lane.connection, (None, None))
        if allowed and options and wants(options, lane.source) and lane.lag is not None and lane.lag > allowed:
            late.append(Late(lane, lane.lag, allowed))
    return sorted(late, key=lambda one: -one.lag / one.allowed)
