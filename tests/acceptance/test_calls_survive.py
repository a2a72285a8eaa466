"""The soak of calls in small: whatever is killed, each call ends as it should, and is logged once."""

import pytest

from benchmarks.calls.dialing import Load
from benchmarks.calls.house import Size, house
from benchmarks.calls.provider import Provider
from tests.soak.calls import WORKER, Soak

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

VICTIMS = (WORKER, "ingest", "postgres", WORKER, "lake")
"""All but the sandbox, after whose death calls wait for a probe of the provider: `tests.soak.calls` kills it too."""


def test_whatever_is_killed_while_calls_come_each_ends_as_it_should_and_is_logged_once() -> None:
    with house(Size(workers=2, hands=16, workspaces=1, accounts=20), Provider(0.3)) as where:
        load = Load(rate=6, seconds=8, length=3, pool=6, mix=("poison=0.03",))
        verdict = Soak(where, seed=1).run(load, iter(VICTIMS), patience=120)
    assert verdict.quiet
    assert verdict.wrong() == {}
    assert set(verdict.kills) == set(VICTIMS)
    assert verdict.outcome.states["recorded"] > 20
