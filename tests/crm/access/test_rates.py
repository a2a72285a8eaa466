"""Threads and processes wait for their turn without exceeding a rate, and an answer is never lost over it."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from nooks_dagster.budgets.places import MOST, Places
from nooks_dagster.crm.access.rates import SharedRate
from nooks_dagster.crm.kinds import Rate
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import RateLimited, Unavailable
from tests.budgets.timeline import most_within

BRIEF = Rate(10, timedelta(milliseconds=250))
LONG = Rate(1, timedelta(seconds=40))
CALLER = """
import sys
from nooks_dagster.database.pool import Database
from tests.crm.access.test_rates import arrivals

print(*arrivals(Database(sys.argv[1], 1)))
"""


def arrivals(db: Database) -> list[float]:
    """Call from four threads with one connection; return when the calls were made, by a clock of all processes."""
    rate = SharedRate(Places(db), "acme", "api", BRIEF)

    def call(_: int) -> float:
        with rate.call():
            return time.monotonic()

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(call, range(30)))


def test_threads_of_several_processes_together_never_exceed_the_rate(database_url: str, db: Database) -> None:
    command = [sys.executable, "-c", CALLER, database_url]
    others = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    seen = arrivals(db)
    seen += [float(word) for process in others for word in process.communicate(timeout=60)[0].split()]
    assert len(seen) == 90
    assert most_within(seen, BRIEF.per.total_seconds()) <= BRIEF.calls


def test_nobody_sits_through_more_than_half_a_minute(db: Database) -> None:
    rate = SharedRate(Places(db), "acme", "api", LONG)
    with rate.call():
        pass
    with pytest.raises(RateLimited, match="acme") as refusal, rate.call():
        pass
    assert refusal.value.retry_in is not None
    assert refusal.value.retry_in > timedelta(seconds=30)


@pytest.mark.parametrize(("of_account", "waits"), [(True, True), (False, False)])
def test_connections_to_one_account_share_what_is_of_the_account(db: Database, of_account: bool, waits: bool) -> None:
    limit = replace(LONG, of_account=of_account)
    one, other = (SharedRate(Places(db), name, "search", limit, "portal 7") for name in ("acme", "both"))
    with one.call():
        pass
    with pytest.raises(RateLimited) if waits else nullcontext(), other.call():
        pass


def test_what_is_told_again_costs_nothing_and_a_rate_that_is_no_bound_asks_nobody(db: Database) -> None:
    rate = SharedRate(Places(db), "acme", "api", LONG)
    rate.told(Rate(MOST + 1, LONG.per))
    rate._places = Places(Database("postgresql://nobody@127.0.0.1:1/nothing", 1))
    rate.told(Rate(MOST + 1, LONG.per))
    with rate.call(), rate.call():
        pass


def test_an_answer_is_not_lost_because_its_place_cannot_be_left(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise Unavailable("Postgres does not answer.")

    monkeypatch.setattr(Places, "leave", down)
    with SharedRate(Places(db), "acme", "api", LONG).call():
        answer = 1
    assert answer == 1
