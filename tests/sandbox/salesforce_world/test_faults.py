"""Faults by themselves: outages over time, and the fate of Bulk jobs."""

from itertools import pairwise

import pytest

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.kinds import Outage
from sandbox.faults.seen import Seen
from sandbox.salesforce.http.faulty.seen import objects_in

SOQL = "SELECT Id FROM Contact"
LIMITS = Seen("limits", org="acme")


def creates(org: str, soql: str) -> Seen:
    return Seen("bulk_create", text=soql, org=org, objects=objects_in(soql))


def reads(kind: str, job: str) -> Seen:
    return Seen(kind, org="acme", rows="page" if kind == "bulk_results" else "", cursor=job)


@pytest.mark.parametrize("uptime", [0.0, 0.5, 0.985, 1.0])
def test_an_org_is_up_for_its_share_of_each_period_in_one_slice_of_down(uptime: float) -> None:
    outage = Outage(kind="outage", uptime=uptime, period_seconds=100, seed=3)
    for period in range(20):
        down = [outage.falls_on(1, period * 100 + moment / 10) for moment in range(1000)]
        assert sum(down) == pytest.approx(1000 * (1 - uptime), abs=1)
        assert sum(before != after for before, after in pairwise(down)) <= 2


def test_outages_follow_their_seed() -> None:
    def pattern(seed: int) -> list[bool]:
        outage = Outage(kind="outage", uptime=0.9, period_seconds=10, seed=seed)
        return [outage.falls_on(1, moment / 10) for moment in range(500)]

    assert pattern(1) == pattern(1)
    assert pattern(1) != pattern(2)


def test_an_outage_begins_with_its_rule() -> None:
    clock = [1_000.0]
    faults = Faults(Counters(), clock=lambda: clock[-1])
    faults.add({"kind": "outage", "uptime": 0.5, "period_seconds": 10, "seconds": 10})

    def is_down(seconds: float) -> bool:
        clock.append(1_000 + seconds)
        return bool(faults.strike(LIMITS))

    seen = [is_down(moment / 10) for moment in range(200)]
    assert sum(seen[:100]) == 50
    assert not any(seen[100:])


def test_a_job_that_is_made_fails_or_is_aborted_as_the_rules_say() -> None:
    counters = Counters()
    faults = Faults(counters)
    faults.add({"kind": "job", "message": "retried more than 15 times", "object": "Contact", "times": 1})
    faults.add({"kind": "job", "outcome": "Aborted", "org": "acme"})
    assert faults.job_outcome(creates("globex", "SELECT Id FROM Account")) is None
    assert faults.job_outcome(creates("acme", SOQL)) == "Failed: retried more than 15 times"
    assert faults.job_outcome(creates("acme", SOQL)) == "Aborted"
    assert not faults.strike(creates("acme", SOQL))
    assert counters.snapshot()["faults"] == {"job": 2}


def test_a_job_that_is_gone_stays_gone_whatever_is_asked_of_it() -> None:
    faults, job = Faults(Counters()), "750000000000001AAA"
    number = faults.add({"kind": "expired", "times": 1})
    assert faults.strike(reads("bulk_results", job))
    assert faults.strike(reads("bulk_poll", job))
    assert not faults.strike(reads("bulk_results", job.replace("1AAA", "2AAA")))
    assert faults.listed()[0]["struck"] == 1
    assert faults.remove(number)
    assert not faults.strike(reads("bulk_poll", job))


def test_what_one_fault_answers_the_next_does_not_count() -> None:
    faults = Faults(Counters())
    faults.add({"kind": "answer", "status": 503, "every": 2})
    faults.add({"kind": "slow", "first_byte_seconds": 1})
    for _ in range(4):
        faults.strike(LIMITS)
    assert [fault["matched"] for fault in faults.listed()] == [4, 2]
