"""When the provider answers nobody, nothing is sent but a question now and then, whoever's work it is."""

import pytest

from nooks_dagster.budgets.breakers import Breakers
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, RateLimited, SourceDown, Unanswered
from nooks_dagster.llm.door import Door
from tests.llm.conftest import ANSWER, an_ask, chosen
from tests.llm.odd_provider import Provider, answered, error, scripted


def all_hold_one_and_fail(db: Database, door: Door, provider: Provider) -> None:
    """Let requests on three permits fail until the breaker opens: one at a time, the permits before it taken."""
    provider.script = scripted([error(500)])
    for n in range(3):
        with db.transaction() as conn:
            conn.execute("update budgets.permits set until = now() + interval '1 h' where n < %s", (n,))
        for _ in range(2):
            with pytest.raises(Unanswered):
                door.buy(an_ask())
    with db.transaction() as conn:
        conn.execute("update budgets.permits set until = now()")


def purchases(db: Database) -> list[str]:
    with db.transaction() as conn:
        return [row[0] for row in conn.execute("select state from llm.purchases order by id")]


def test_an_outage_of_one_workspace_opens_the_breaker_for_all_and_costs_no_attempt(
    door: Door, db: Database, provider: Provider
) -> None:
    all_hold_one_and_fail(db, door, provider)
    asked = len(provider.asked)
    for _ in range(20):
        with pytest.raises(SourceDown) as met:
            door.buy(an_ask(workspace="globex"))
        assert not met.value.counts_as_attempt
    with pytest.raises(SourceDown):
        door.peek()
    assert len(provider.asked) == asked == 6
    assert set(purchases(db)[6:]) <= {"released"}
    assert len(purchases(db)) <= 7  # from then on it is known before anything is reserved


def test_one_question_finds_out_that_it_is_over(door: Door, db: Database, provider: Provider) -> None:
    all_hold_one_and_fail(db, door, provider)
    with pytest.raises(SourceDown):
        door.buy(an_ask())
    provider.script = scripted([answered(ANSWER)])
    with db.transaction() as conn:
        conn.execute("update budgets.breakers set next_probe_at = clock_timestamp()")
    door.buy(an_ask())
    assert Breakers(db).outages() == {}
    door.buy(an_ask())


def test_a_provider_that_refuses_is_there(door: Door, db: Database, provider: Provider) -> None:
    provider.script = scripted([error(429, "rate_limit_exceeded", retry_after_ms="1")])
    for _ in range(12):
        with pytest.raises(RateLimited):
            door.buy(an_ask())
    assert Breakers(db).outages() == {}


def test_refusals_in_a_row_make_all_wait_as_long_as_they_say(db: Database, provider: Provider) -> None:
    limited = error(429, "rate_limit_exceeded", retry_after="30")
    provider.script = scripted([limited, limited, answered(ANSWER)])
    here = chosen(llm_requests_in_flight=4)  # of so few one grows back in 15 s
    first, second = (Door(db, here, base_url=provider.url) for _ in range(2))
    for _ in range(2):
        with pytest.raises(RateLimited):
            first.buy(an_ask())
    looks = iter([False, False, True])
    with pytest.raises(Failure, match="stopped while it waited"):
        second.buy(an_ask(workspace="globex"), stopped=lambda: next(looks))
    assert len(provider.asked) == 2
    with db.transaction() as conn:
        conn.execute("update budgets.bounds set paused_until = clock_timestamp()")
    second.buy(an_ask(workspace="globex"))
