"""Faults on command strike OpenAI as they do the CRMs, and what they cost is counted."""

from typing import Any

import pytest

from tests.sandbox.openai_http.conftest import Api
from tests.sandbox.openai_http.prompts import SNOWFLAKE, pages, request, said

ASKED = request(pages(said(SNOWFLAKE)))


def test_a_storm_of_429s_begins_and_ends(api: Api) -> None:
    storm = {"kind": "answer", "status": 429, "body": "json", "retry_after": 1, "calls": "responses"}
    api.faults.add({**storm, "delay_seconds": 10, "seconds": 5})
    statuses = []
    for wait in (0, 10, 4, 1):
        api.advance(wait)
        statuses.append(api.respond(ASKED).status)
    assert statuses == [200, 429, 429, 200]


def test_the_two_kinds_of_429_can_be_told_apart(api: Api) -> None:
    for code, expected in ((None, "rate_limit_exceeded"), ("insufficient_quota", "insufficient_quota")):
        number = api.faults.add({"kind": "answer", "status": 429, "body": "json", "code": code, "retry_after": 7})
        refused = api.respond(ASKED)
        assert (refused.error["code"], refused.headers["retry-after"]) == (expected, "7")
        assert refused.headers["x-request-id"].startswith("req_")
        api.faults.remove(number)


def test_the_nth_call_fails(api: Api) -> None:
    api.faults.add({"kind": "answer", "status": 500, "body": "json", "after": 2, "times": 1})
    assert [api.respond(ASKED).status for _ in range(4)] == [200, 200, 500, 200]


def test_an_outage_answers_with_a_page(api: Api) -> None:
    api.faults.add({"kind": "outage", "uptime": 0, "seconds": 60})
    refused = api.respond(ASKED)
    assert (refused.status, refused.headers["content-type"]) == (503, "text/html;charset=UTF-8")
    api.advance(60)
    assert api.respond(ASKED).status == 200


@pytest.mark.parametrize("key", ["acme", "globex"])
def test_a_fault_can_be_meant_for_one_project(api: Api, key: str) -> None:
    api.faults.add({"kind": "answer", "status": 500, "project": "globex"})
    assert api.respond(ASKED, key=f"sk-sandbox-{key}").status == (500 if key == "globex" else 200)


def test_a_reply_that_is_cut_after_the_work_was_billed_is_counted(api: Api) -> None:
    api.faults.add({"kind": "cut", "share": 0.5, "times": 1})
    assert len(api.respond(ASKED).body) * 2 < len(api.respond(ASKED).body) + 2
    told = api.told()
    assert (told["sold"], told["billed_unanswered"], told["sold_again_because"]) == (2, 1, {"after_unanswered": 1})


def test_a_call_that_is_cut_before_it_arrives_costs_nothing(api: Api) -> None:
    api.faults.add({"kind": "cut"})
    assert api.respond(ASKED, patience=0.01).status == 0
    assert (api.cut, api.told()["sold"]) == ([("127.0.0.1", 1)], 0)


def test_a_key_is_refused_once_and_lives_on(api: Api) -> None:
    api.faults.add({"kind": "dead_token", "times": 1})
    first, second = api.respond(ASKED), api.respond(ASKED)
    assert (first.status, first.error["code"], second.status) == (401, "invalid_api_key", 200)


def test_a_project_can_be_told_that_it_has_bought_enough(serve: Any) -> None:
    api = serve(credit_usd=100)
    assert api.respond(ASKED).status == 200
    api.faults.add({"kind": "quota", "used": 100})
    assert api.respond(ASKED).error["code"] == "insufficient_quota"
