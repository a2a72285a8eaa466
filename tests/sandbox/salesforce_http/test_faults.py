"""Faults that are answered in the org's place, when they strike, and what is told of them."""

from collections.abc import Callable
from typing import Any

import pytest
import requests

Get = Callable[..., requests.Response]
AddFault = Callable[..., int]
Struck = Callable[[int], int]
QUERY = {"q": "SELECT Id FROM Account LIMIT 1"}


def login(org: str) -> requests.Response:
    """Ask for a token with client credentials."""
    return requests.post(
        f"https://{org}.my.salesforce.com/services/oauth2/token",
        {"grant_type": "client_credentials"},
        auth=(f"SANDBOX.{org}", f"sandbox-secret-{org}"),
        timeout=60,
    )


@pytest.mark.parametrize(
    ("words", "body", "headers"),
    [
        ({"status": 429, "retry_after": 7}, "429 Too Many Requests", {"Retry-After": "7"}),
        ({"status": 503}, "503 Service Unavailable", {"Content-Type": "text/html;charset=UTF-8"}),
        ({"status": 502}, "502 Bad Gateway", {}),
        ({"status": 420}, "420 Error", {}),
        ({"status": 420, "body": "empty"}, "", {"Content-Length": "0"}),
        ({"status": 401}, "<!DOCTYPE html>", {}),
        ({"status": 500, "body": "json"}, '"errorCode": "UNKNOWN_EXCEPTION"', {}),
        ({"status": 403, "body": "json"}, '"errorCode": "REQUEST_LIMIT_EXCEEDED"', {}),
        ({"status": 400, "body": "json", "code": "QUERY_TIMEOUT", "message": "Too long."}, "QUERY_TIMEOUT", {}),
    ],
)
def test_a_call_is_answered_by_any_error_with_any_body(
    get: Get, fault: AddFault, words: dict[str, Any], body: str, headers: dict[str, str]
) -> None:
    fault("answer", **words)
    reply = get("limits")
    assert reply.status_code == words["status"]
    assert body in reply.text
    assert reply.headers.items() >= headers.items()
    assert ("Retry-After" in reply.headers) == ("retry_after" in words)


def test_a_limit_that_is_reached_for_a_while_is_over_after_its_seconds(get: Get, fault: AddFault) -> None:
    fault("answer", status=403, body="json", seconds=0.5)
    assert get("limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    for _ in range(1000):
        if get("limits").status_code == 200:
            return
    pytest.fail("the limit was not lifted")


def test_a_fault_passes_by_the_first_calls_then_strikes_each_nth_so_often_and_no_more(
    get: Get, fault: AddFault, struck: Struck
) -> None:
    number = fault("answer", status=503, after=2, every=3, times=2)
    assert [get("limits").status_code for _ in range(12)] == [200] * 4 + [503] + [200] * 2 + [503] + [200] * 4
    assert struck(number) == 2


def test_the_same_seed_strikes_the_same_calls(get: Get, fault: AddFault, sandbox: Any) -> None:
    def seen(seed: int) -> list[int]:
        sandbox.control("/control/faults", "DELETE")
        fault("answer", status=503, probability=0.5, seed=seed)
        return [get("limits").status_code for _ in range(20)]

    first = seen(1)
    assert set(first) == {200, 503}
    assert seen(1) == first
    assert seen(2) != first


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ({"org": "globex"}, set[str]()),
        ({"org": "acme"}, {"limits", "query", "describe"}),
        ({"calls": "limits"}, {"limits"}),
        ({"calls": ["query", "limits"]}, {"query", "limits"}),
        ({"object": "account"}, {"query", "describe"}),
        ({"object": "Accoun"}, set[str]()),
        ({"text": "LIMIT 1"}, {"query"}),
    ],
)
def test_a_fault_strikes_only_the_calls_that_it_is_meant_for(
    get: Get, fault: AddFault, words: dict[str, Any], hit: set[str]
) -> None:
    fault("answer", status=503, **words)
    replies = {
        "limits": get("limits"),
        "query": get("query", params=QUERY),
        "describe": get("sobjects/Account/describe"),
    }
    assert {kind for kind, reply in replies.items() if reply.status_code == 503} == hit


def test_later_pages_are_of_the_object_of_their_query(get: Get, fault: AddFault) -> None:
    accounts, contacts = (
        get("query", params={"q": f"SELECT Id FROM {name}"}).json()["nextRecordsUrl"].rpartition("/query/")[2]
        for name in ("Account", "Contact")
    )
    fault("answer", status=503, object="Contact")
    assert get(f"query/{accounts}").status_code == 200
    assert get(f"query/{contacts}").status_code == 503


def test_a_login_can_be_refused_and_is_well_again(sandbox: Any, fault: AddFault) -> None:
    fault("answer", status=503, calls="login", times=1)
    assert [login("acme").status_code for _ in range(2)] == [503, 200]


def test_a_token_dies_with_every_nth_call_and_stays_dead(get: Get, fault: AddFault, sandbox: Any) -> None:
    number = fault("dead_token", every=3)
    replies = [get("limits") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 401]
    assert replies[-1].json()[0]["errorCode"] == "INVALID_SESSION_ID"
    sandbox.control(f"/control/faults/{number}", "DELETE")
    assert get("limits").status_code == 401


def test_a_locator_that_expired_is_gone_and_another_is_not(get: Get, fault: AddFault) -> None:
    pages = [get("query", params={"q": "SELECT Id FROM Contact"}).json()["nextRecordsUrl"] for _ in range(2)]
    first, second = (page.rpartition("/query/")[2] for page in pages)
    fault("expired", times=1)
    assert get(f"query/{first}").json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"
    assert get(f"query/{first}").status_code == 400
    assert get(f"query/{second}").status_code == 200


def test_the_usage_of_the_day_is_what_the_quota_says(get: Get, fault: AddFault) -> None:
    fault("quota", used=114_998)
    assert get("limits").headers["Sforce-Limit-Info"] == "api-usage=114999/115000"
    assert get("limits").status_code == 200
    assert get("limits").json()[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    fault("quota", used=0)
    assert get("limits").headers["Sforce-Limit-Info"] == "api-usage=1/115000"


def test_in_an_outage_everything_of_the_org_is_down(get: Get, fault: AddFault) -> None:
    fault("outage", org="acme", uptime=0)
    reply = get("sobjects")
    assert (reply.status_code, reply.headers["Content-Type"]) == (503, "text/html;charset=UTF-8")
    assert login("acme").status_code == 503
    assert login("globex").status_code == 200


def test_faults_are_listed_and_counted_by_kind(get: Get, fault: AddFault, sandbox: Any) -> None:
    sandbox.control("/control/counters/reset", "POST")
    number = fault("answer", status=503, calls="limits", times=1)
    for _ in range(2):
        get("limits")
    told = {"id": number, "matched": 2, "struck": 1, "calls": ["limits"], "times": 1, "kind": "answer", "status": 503}
    assert sandbox.control("/control/faults").json() == [told]
    counters = sandbox.control("/control/counters").json()
    assert counters["faults"] == {"answer": 1}
    assert counters["requests"]["acme"]["limits"] == 2


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"kind": "storm"}, "storm"),
        ({"kind": "answer"}, "answer.status: Field required"),
        ({"kind": "slow", "speed": 3}, "slow.speed: Extra inputs are not permitted"),
        ({"kind": "quota", "used": -1}, "quota.used: Input should be greater than or equal to 0"),
        ("cut", "the rule: "),
    ],
)
def test_a_rule_that_is_none_is_refused_with_a_sentence(sandbox: Any, wish: Any, sentence: str) -> None:
    reply = sandbox.control("/control/faults", "POST", wish)
    assert reply.status_code == 400
    assert sentence in reply.json()["error"]


def test_a_fault_that_is_not_there_cannot_be_ended(sandbox: Any) -> None:
    reply = sandbox.control("/control/faults/0", "DELETE")
    assert (reply.status_code, reply.json()) == (404, {"error": "there is no fault 0"})
