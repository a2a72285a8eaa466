"""What goes wrong by chance goes wrong as often as the terms say, and in the same requests each time."""

import json
import statistics
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.openai.chance import Trouble, draw
from sandbox.openai.terms import Terms
from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import OKTA, SNOWFLAKE, pages, request, said

Serve = Callable[..., Api]
PAGE = said(SNOWFLAKE, OKTA)
ASKED = request(pages(PAGE))


def test_times_have_the_mean_and_the_99th_percentile_of_the_terms() -> None:
    terms = Terms(mean_seconds=2.0, p99_seconds=8.0)
    drawn = sorted(draw(terms, str(number), 1).seconds for number in range(20_000))
    assert statistics.fmean(drawn) == pytest.approx(2.0, rel=0.03)
    assert drawn[int(len(drawn) * 0.99)] == pytest.approx(8.0, rel=0.08)
    assert statistics.median(drawn) == pytest.approx(terms.median_seconds, rel=0.03)


def test_the_scale_of_time_is_a_factor() -> None:
    slow, fast = Terms(), Terms(time_scale=0.01)
    assert draw(fast, "q", 1).seconds == pytest.approx(draw(slow, "q", 1).seconds / 100)


def test_fate_depends_on_seed_question_and_try_alone() -> None:
    terms = Terms(server_errors=0.5)
    assert draw(terms, "q", 1) == draw(terms, "q", 1)
    others = [draw(terms, "q", 2), draw(terms, "r", 1), draw(Terms(server_errors=0.5, seed=2), "q", 1)]
    assert draw(terms, "q", 1) not in others


def test_shares_are_kept_and_exclude_each_other() -> None:
    terms = Terms(**{trouble.value: 0.05 for trouble in Trouble})
    drawn = [draw(terms, str(number), 1).trouble for number in range(10_000)]
    for trouble in Trouble:
        assert drawn.count(trouble) == pytest.approx(500, rel=0.2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"refusals": 1.5},
        {"refusals": 0.6, "malformed": 0.6},
        {"mean_seconds": 0},
        {"p99_seconds": 100},
        {"time_scale": -1},
    ],
    ids=str,
)
def test_terms_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Terms(**wrong)  # type: ignore[arg-type] # a number is what they take


@pytest.mark.parametrize(("term", "status"), [("server_errors", 500), ("overloads", 503)])
def test_errors_of_the_server_are_not_billed(serve: Serve, term: str, status: int) -> None:
    api = serve(**{term: 1})
    refused = api.respond(ASKED)
    assert refused.status == status
    assert refused.error["code"] == {500: "server_error", 503: "server_is_overloaded"}[status]
    assert (api.told()["sold"], api.told()["failed"]) == (0, {term: 1})


def test_a_retry_may_succeed(serve: Serve) -> None:
    api = serve(server_errors=0.5)
    bodies = [request(pages(f"{PAGE} {number}")) for number in range(20)]
    first, second = ([api.respond(body).status for body in bodies] for _ in range(2))
    assert {(one, two) for one, two in zip(first, second, strict=True)} >= {(500, 200), (500, 500), (200, 200)}


def test_refusals_are_billed_and_told_as_such(serve: Serve) -> None:
    api = serve(refusals=1)
    told = api.respond(ASKED).json
    assert told["status"] == "completed"
    assert told["output"][-1]["content"] == [
        {"type": "refusal", "refusal": "I'm sorry, but I can't assist with that request."}
    ]
    assert api.told()["outcomes"] == {"refusals": 1}


def test_truncated_answers_are_billed_and_incomplete(serve: Serve) -> None:
    api = serve(truncations=1)
    reply = api.respond(ASKED)
    assert (reply.json["status"], reply.json["incomplete_details"]["reason"]) == ("incomplete", "max_output_tokens")
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)
    assert api.told()["usd"] > 0


def test_malformed_answers_are_complete_and_no_json(serve: Serve) -> None:
    api = serve(malformed=1)
    for number in range(6):
        reply = api.respond(request(pages(f"{PAGE} {number}")))
        assert reply.json["status"] == "completed"
        with pytest.raises(json.JSONDecodeError):
            json.loads(reply.text)


def test_invented_quotes_stand_in_no_document(serve: Serve) -> None:
    found = serve(invented_quotes=1).respond(ASKED).answer["findings"]
    assert [each["product"] for each in found] == ["Snowflake", "Okta"]
    assert not any(quote["quote"] in PAGE for each in found for quote in each["evidence"])


def test_an_answer_that_never_comes_is_billed_when_the_caller_gives_up(serve: Serve) -> None:
    api = serve(unanswered=1, time_scale=1.0)
    assert api.respond(ASKED, patience=0.01).status == 0
    told = api.told()
    assert (told["sold"], told["billed_unanswered"], told["in_flight"]) == (1, 1, 0)


def test_who_never_gives_up_is_cut_off_in_the_end(serve: Serve) -> None:
    api = serve(unanswered=1, hang_seconds=0.01, time_scale=1.0)
    assert api.respond(ASKED).status == 0
    assert api.cut == [("127.0.0.1", 1)]
    assert api.told()["billed_unanswered"] == 1


def test_who_gives_up_too_early_has_bought_all_the_same(serve: Serve) -> None:
    api = serve(time_scale=1000.0)
    assert api.respond(ASKED, patience=0.01).status == 0
    assert api.told()["billed_unanswered"] == 1


def test_troubles_are_the_same_in_each_run(serve: Serve) -> None:
    def run() -> list[Any]:
        api = serve(server_errors=0.2, refusals=0.2, truncations=0.2, malformed=0.2)
        return [api.respond(request(pages(f"{PAGE} {number}"))).status for number in range(10)] + [
            api.told()["outcomes"]
        ]

    assert run() == run()
