"""What came of the calls of a measurement, beside what should have come of them.

Belongs here: reading and counting it. Does not: judging (the tests), times of the provider (`calls.provider`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from benchmarks.calls import dialing
from benchmarks.calls.house import House

STATES = "SELECT id, state FROM calls.calls"
TOOK = (
    "SELECT extract(epoch FROM r.recorded_at - c.accepted_at) FROM calls.records r JOIN calls.calls c ON c.id = r.call"
)
OURS = """
    SELECT extract(epoch FROM (r.recorded_at - c.accepted_at) - coalesce(s.bought, interval '0'))
    FROM calls.records r JOIN calls.calls c ON c.id = r.call
    LEFT JOIN LATERAL (SELECT sum(ended_at - started_at) AS bought FROM calls.stages
                       WHERE call = c.id AND stage IN ('transcribe', 'translate')) s ON true
"""
OWED = "SELECT extract(epoch FROM delivered_at - created_at) FROM calls.deliveries WHERE state = 'delivered'"
UNDELIVERED = "SELECT count(*) FROM calls.deliveries WHERE state <> 'delivered'"
ATTEMPTS = "SELECT outcome, count(*) FROM work.attempts WHERE outcome IS NOT NULL GROUP BY outcome"
DEFERRED = "SELECT count(*) FROM calls.stages WHERE status = 'deferred'"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of calls.

    Attributes:
        states: How many are in each state.
        wrong: How many are in another state than they should be.
        unsent: How many the dialer could not send.
        undelivered: Activities that are owed, or dead.
        activities: That are in the CRM, under keys of ours.
        doubled: Keys under which there is more than one.
        written: Times that an activity was written, over the number of activities.
        deferred: Stages that wait for money.
        attempts: Tries that the ledger has notes of, by how they ended.
        record_seconds: From accepted to recorded: median, 95th percentile, most.
        outside_seconds: Likewise, without the two stages that buy.
        deliver_seconds: Likewise, from recorded to delivered.
    """

    states: Mapping[str, int]
    wrong: int
    unsent: int
    undelivered: int
    activities: int
    doubled: int
    written: float
    deferred: int
    attempts: Mapping[str, int]
    record_seconds: Sequence[float]
    outside_seconds: Sequence[float]
    deliver_seconds: Sequence[float]


def outcome(house: House) -> Outcome:
    """Return what came of all calls of a house."""
    states = {int(str(call)): str(state) for call, state in house.ask(STATES)}
    expected = dialing.truth(house)
    logged = house.where.control("activities")["acme"]
    return Outcome(
        states=dict(Counter(states.values())),
        wrong=sum(states.get(call) != should for call, should in expected.items()) + len(states.keys() - expected),
        unsent=int(dialing.told(house)["answers"].get("unsent", 0)),
        undelivered=_number(house, UNDELIVERED),
        activities=logged["keys"],
        doubled=len(logged["again"]),
        written=round(logged["writes"] / max(1, logged["activities"]), 3),
        deferred=_number(house, DEFERRED),
        attempts={str(outcome): int(str(count)) for outcome, count in house.ask(ATTEMPTS)},
        record_seconds=spread(house, TOOK),
        outside_seconds=spread(house, OURS),
        deliver_seconds=spread(house, OWED),
    )


def spread(house: House, query: str) -> Sequence[float]:
    """Return the median, the 95th percentile and the most of what a query returns."""
    return cut([float(str(value)) for (value,) in house.ask(query)])


def cut(values: Sequence[float]) -> Sequence[float]:
    """Return the median, the 95th percentile and the most; zeros of nothing."""
    if len(values) < 2:
        return [*values, *values, *values] or [0.0, 0.0, 0.0]
    cuts = quantiles(values, n=20, method="inclusive")
    return [round(value, 3) for value in (cuts[9], cuts[18], max(values))]


def _number(house: House, query: str) -> int:
    ((found,),) = house.ask(query)
    return int(str(found))
