"""Buying an answer: reserved before, settled with what it cost after, whatever comes back."""

import json
import logging
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Deferred, Failure, LostLease, RateLimited
from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.door import Door
from nooks_dagster.llm.outcomes import Billed, Preempted
from nooks_dagster.llm.purchases import State
from tests.llm.conftest import ANSWER, Answer, an_ask, chosen
from tests.llm.odd_provider import Provider, Reply, answered, error, message, scripted
from tests.sql import rows

COST = Decimal("0.0000735")  # 300 fresh, 600 cached, 100 written, 50 out at 0.10, 0.01, 0.125 and 0.50 a million


def states(db: Database) -> list[tuple[str, bool, bool]]:
    """State, whether it cost anything, whether it cost its bound."""
    return rows(db, "select state, cost > 0, cost = bound from llm.purchases order by id")


def in_the_books(db: Database) -> tuple[Decimal, Decimal]:
    """What all four keys agree on: spent and reserved."""
    (found,) = rows(db, "select spent, reserved, count(*) from llm.spend group by 1, 2")
    assert found[2] == 4
    return found[0], found[1]


def test_an_answer_is_paid_for_at_the_price_of_what_was_used(door: Door, db: Database, provider: Provider) -> None:
    bought = door.buy(an_ask())
    assert in_the_books(db) == (0, door.upper_bound(an_ask()))
    with db.transaction() as conn:
        door.settle(conn, bought)
        door.settle(conn, bought)
    assert bought.usage == Usage(input=1000, output=50, cached=600, cache_write=100, reasoning=20)
    assert (bought.cost, bought.request_id, bought.model) == (COST, "req_1", "gpt-6-luna")
    assert isinstance(bought.answer, Answer)
    assert bought.answer.vendors[0].since == date(2026, 1, 31)
    assert in_the_books(db) == (COST, 0)
    assert states(db) == [("settled", True, False)]


def test_what_is_sent_is_strict_stored_nowhere_and_names_no_customer(door: Door, provider: Provider) -> None:
    door.buy(an_ask())
    (sent,) = provider.asked
    assert (sent["store"], sent["prompt_cache_key"], sent["max_output_tokens"]) == (False, "tech_stack", 500)
    assert sent["text"]["format"]["strict"] is True
    vendor = sent["text"]["format"]["schema"]["$defs"]["Vendor"]
    assert (vendor["additionalProperties"], vendor["required"]) == (False, ["name", "since", "confidence"])
    assert "acme" not in sent["safety_identifier"]
    assert len(sent["safety_identifier"]) == 64


def test_what_the_caller_opens_is_committed_with_the_reservation(door: Door, db: Database, provider: Provider) -> None:
    def opening(conn: Any) -> None:
        conn.execute("create table begun ()")

    door.buy(an_ask(), opening=opening)
    assert rows(db, "select count(*) from begun") == [(0,)]


def test_a_lease_that_was_lost_sends_nothing_and_leaves_no_trace(door: Door, db: Database, provider: Provider) -> None:
    def opening(_conn: Any) -> None:
        raise LostLease("another has it")

    with pytest.raises(LostLease):
        door.buy(an_ask(), opening=opening)
    assert provider.asked == []
    assert rows(db, "select 1 from llm.purchases union all select 1 from budgets.permits where until > now()") == []


@pytest.mark.parametrize(
    ("reply", "kind", "state", "billed"),
    [
        (Reply(b"<html>bad gateway</html>", 502, {"Content-Type": "text/html"}), "Unanswered", "unknown", "bound"),
        (error(500, "server_error"), "Unanswered", "unknown", "bound"),
        (error(503), "Unanswered", "unknown", "bound"),
        (error(408), "Unanswered", "unknown", "bound"),
        (Reply(b"", 200), "Unanswered", "unknown", "bound"),
        (Reply(b"<html>log in</html>", 200, {"Content-Type": "text/html"}), "Unanswered", "unknown", "bound"),
        (Reply(b'[{"a": 1}]', 200), "Unanswered", "unknown", "bound"),
        (Reply(b'{"id": "resp_1", "status":', 200), "Unanswered", "unknown", "bound"),
        (Reply(answered(ANSWER).body, cut=40), "Unanswered", "unknown", "bound"),
        (Reply(b"", hang_up=True), "Unanswered", "unknown", "bound"),
        (answered(ANSWER, status="failed", error={"code": "server_error"}), "Unanswered", "settled", "cost"),
        (answered(ANSWER, status="queued"), "Unanswered", "settled", "cost"),
        (answered(ANSWER, status="failed", error={"code": "rate_limit_exceeded"}), "RateLimited", "settled", "cost"),
        (answered(ANSWER, status="failed", error={"code": "invalid_prompt"}), "Refused", "settled", "cost"),
        (answered(ANSWER, usage={"input_tokens": -9_000_000, "output_tokens": 1}), "Unanswered", "unknown", "bound"),
        (answered(ANSWER, usage={"input_tokens": 10**30, "output_tokens": 1}), "Unanswered", "unknown", "bound"),
        (answered("[1, 2"), "Malformed", "settled", "cost"),
        (answered(""), "Malformed", "settled", "cost"),
        (answered(ANSWER.replace("0.9", "9")), "Malformed", "settled", "cost"),
        (answered(ANSWER.replace("0.9", '"0.9"')), "Malformed", "settled", "cost"),
        (answered(ANSWER.replace('"status"', '"extra": 1, "status"')), "Malformed", "settled", "cost"),
        (answered(ANSWER, output=[]), "Malformed", "settled", "cost"),
        (
            answered(ANSWER[:30], status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
            "Truncated",
            "settled",
            "cost",
        ),
        (
            answered(ANSWER, status="incomplete", incomplete_details={"reason": "content_filter"}),
            "Refused",
            "settled",
            "cost",
        ),
        (
            answered(
                "",
                output=[{"type": "message", "content": [{"type": "refusal", "refusal": "SECRET-PROMPT, no"}]}],
            ),
            "Refused",
            "settled",
            "cost",
        ),
        (error(400, "invalid_json_schema"), "Permanent", "released", ""),
        (error(400, "context_length_exceeded"), "Permanent", "released", ""),
        (error(401, "invalid_api_key"), "Unauthorized", "released", ""),
        (error(403), "Unauthorized", "released", ""),
        (error(404, "model_not_found"), "Unusable", "released", ""),
        (error(409), "Transient", "released", ""),
        (error(413), "Permanent", "released", ""),
        (error(422), "Permanent", "released", ""),
        (error(429, "rate_limit_exceeded", retry_after="7"), "RateLimited", "released", ""),
        (error(429, "insufficient_quota"), "QuotaExhausted", "released", ""),
        (Reply(b"Too many", 429, {"Content-Type": "text/plain"}), "RateLimited", "released", ""),
    ],
)
def test_each_odd_reply_has_its_class_and_its_place_in_the_ledger(
    door: Door, db: Database, provider: Provider, reply: Reply, kind: str, state: str, billed: str
) -> None:
    provider.script = scripted([reply])
    with pytest.raises(Failure) as met:
        door.buy(an_ask())
    assert type(met.value).__name__ == kind
    assert "SECRET-PROMPT" not in f"{met.value!r} {met.value} {met.value.__context__!r} {met.value.__cause__!r}"
    assert states(db) == [(state, billed != "", billed == "bound")]
    spent, reserved = in_the_books(db)
    assert (spent > 0, reserved) == (billed != "", 0)
    assert rows(db, "select n from budgets.permits where until > clock_timestamp()") == []
    if isinstance(met.value, Billed):
        assert (met.value.cost, met.value.purchase) == (COST, rows(db, "select id from llm.purchases")[0][0])


def test_a_reply_that_comes_too_late_was_perhaps_billed(door: Door, db: Database, provider: Provider) -> None:
    provider.script = scripted([Reply(b"{}", after=3)])
    with pytest.raises(Failure, match="No reply came in time"):
        door.buy(an_ask())
    assert states(db) == [("unknown", True, True)]


def test_what_never_reached_the_provider_costs_nothing(db: Database) -> None:
    with pytest.raises(Failure, match="No connection could be made"):
        Door(db, chosen(), base_url="http://127.0.0.1:9/v1").buy(an_ask())
    assert states(db) == [("released", False, False)]


@pytest.mark.parametrize("changes", [{"model": "gpt-9-comet"}, {"service_tier": "priority"}], ids=["model", "tier"])
def test_an_answer_without_a_price_counts_with_its_bound_and_the_ledger_says_why(
    door: Door, db: Database, provider: Provider, changes: dict[str, str]
) -> None:
    provider.script = scripted([answered(ANSWER, **changes)])
    with db.transaction() as conn:
        door.settle(conn, door.buy(an_ask()))
    assert states(db) == [("settled", True, True)]
    assert "Counted at its bound: The table of prices" in rows(db, "select reason from llm.purchases")[0][0]


@pytest.mark.parametrize(
    "changes",
    [
        {"output": [{"type": "new_call", "content": "odd"}, message("on the way"), message(ANSWER)]},
        {"usage": {"input_tokens": 9, "output_tokens": 9, "input_tokens_details": None}},
    ],
    ids=["comments", "no details"],
)
def test_the_last_message_is_the_answer_whatever_stands_around_it(
    door: Door, provider: Provider, changes: dict[str, Any]
) -> None:
    provider.script = scripted([answered(ANSWER, **changes)])
    assert door.buy(an_ask()).answer.model_dump()["status"] == "found"


def test_an_answer_that_does_not_say_what_it_cost_is_kept_at_its_bound(
    door: Door, db: Database, provider: Provider
) -> None:
    whole = json.loads(answered(ANSWER).body) | {"usage": None}
    provider.script = scripted([Reply(json.dumps(whole).encode())])
    with db.transaction() as conn:
        door.settle(conn, door.buy(an_ask()))
    assert states(db) == [("settled", True, True)]


def test_what_is_under_way_holds_back_the_next_question_for_a_moment_only(db: Database, provider: Provider) -> None:
    bound = Door(db, chosen(), base_url=provider.url).upper_bound(an_ask())
    door = Door(db, chosen(llm_usd_a_day_of_workspace=float(bound) * 1.5), base_url=provider.url)

    def meanwhile(asked: Any) -> Reply:
        with pytest.raises(RateLimited, match="under way"):
            door.buy(an_ask())
        return answered(ANSWER)

    provider.script = meanwhile
    assert door.buy(an_ask()).cost < bound


def test_a_snapshot_is_billed_as_its_model(door: Door, provider: Provider) -> None:
    provider.script = scripted([answered(ANSWER, model="gpt-6-luna-2026-09-22")])
    assert door.buy(an_ask()).cost == COST


def test_a_model_without_a_price_is_not_asked_and_the_sentence_says_where_to_add_it(
    door: Door, provider: Provider
) -> None:
    with pytest.raises(Failure, match=r"no.* gpt-9-comet .*Add a \[\[price\]\] to nooks_dagster/llm/prices.toml"):
        door.buy(an_ask(model="gpt-9-comet"))
    assert provider.asked == []


def test_over_the_cap_nothing_is_sent_and_the_sentence_says_how_to_raise_it(db: Database, provider: Provider) -> None:
    door = Door(db, chosen(llm_usd_a_day_of_workspace=0.0001), base_url=provider.url)
    with pytest.raises(Deferred, match=r"cap of acme .* 0.00 of 0.00 USD .* `nooks signals caps acme --usd") as met:
        door.buy(an_ask())
    assert met.value.retry_in is not None
    assert 0 < met.value.retry_in.total_seconds() <= 86_400
    assert not met.value.counts_as_attempt
    assert (provider.asked, rows(db, "select 1 from llm.purchases")) == ([], [])


def test_who_stops_while_all_permits_are_taken_sends_nothing(db: Database, provider: Provider) -> None:
    door = Door(db, chosen(llm_requests_in_flight=1), base_url=provider.url)
    door.buy(an_ask())
    with db.transaction() as conn:
        conn.execute("update budgets.permits set until = now() + interval '1 hour'")
    with pytest.raises(Preempted):
        door.buy(an_ask(), stopped=lambda: True)
    assert len(provider.asked) == 1


def test_the_key_goes_to_its_own_world_alone(db: Database, provider: Provider) -> None:
    for changes, words in (
        ({"sandbox": True}, "The key is real, and the outside world is the sandbox"),
        ({"OPENAI_API_KEY": "sk-sandbox-acme"}, "the sandbox's, and the world is real"),
        ({"OPENAI_API_KEY": ""}, "No key is configured"),
    ):
        with pytest.raises(Failure, match=words):
            Door(db, chosen(**changes), base_url=provider.url).buy(an_ask())
    assert provider.asked == []


def test_a_state_is_what_the_table_allows() -> None:
    assert {str(state) for state in State} == {"reserved", "settled", "released", "unknown"}


def test_no_log_holds_a_prompt_an_answer_or_the_key(
    door: Door, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    provider.script = scripted([error(400, "invalid"), error(500), answered("SECRET-ANSWER"), answered(ANSWER)])
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            with pytest.raises(Failure):
                door.buy(an_ask())
        door.buy(an_ask())
    logged = [record.getMessage() + str(record.exc_info or "") for record in caplog.records]
    assert not [line for line in logged if "SECRET" in line or "sk-test" in line or "Snowflake" in line]
