"""Faults of HubSpot: what is answered in its place, in its own words, and pages that lie."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
import requests

Ask = Callable[..., requests.Response]
AddFault = Callable[..., int]
Struck = Callable[[int], int]
CONTACTS, SEARCH = "/crm/v3/objects/contacts", "/crm/v3/objects/contacts/search"
READ = "/crm/v3/objects/contacts/batch/read"


def ids(reply: requests.Response) -> list[str]:
    return [row["id"] for row in reply.json()["results"]]


def beyond(last: str = "0", limit: int = 10) -> dict[str, Any]:
    """A search for the records with larger ids."""
    condition = {"propertyName": "hs_object_id", "operator": "GT", "value": last}
    order = [{"propertyName": "hs_object_id", "direction": "ASCENDING"}]
    return {"filterGroups": [{"filters": [condition]}], "sorts": order, "limit": limit}


def named(*wanted: str) -> dict[str, Any]:
    return {"inputs": [{"id": name} for name in wanted], "properties": []}


@pytest.mark.parametrize(
    ("words", "body"),
    [
        ({"status": 429, "body": "json"}, '"policyName":"TEN_SECONDLY_ROLLING"'),
        ({"status": 429, "body": "json", "code": "SECONDLY", "retry_after": 1}, "You have reached your secondly limit"),
        ({"status": 429, "body": "json", "code": "DAILY"}, '"errorType":"RATE_LIMIT"'),
        ({"status": 423, "body": "json", "retry_after": 2}, '"category":"LOCKED"'),
        ({"status": 477, "body": "json", "retry_after": 86400}, '"category":"MIGRATION_IN_PROGRESS"'),
        ({"status": 401, "body": "json"}, '"category":"INVALID_AUTHENTICATION"'),
        ({"status": 401, "body": "json", "code": "EXPIRED_AUTHENTICATION"}, "The OAuth token used to make this call"),
        ({"status": 403, "body": "json"}, '"category":"MISSING_SCOPES"'),
        ({"status": 500, "body": "json"}, '"message":"internal error"'),
        ({"status": 524}, "<title>524 Error</title>"),
        ({"status": 502, "body": "empty"}, ""),
    ],
)
def test_a_call_is_answered_by_any_error_of_hubspots_or_of_its_edge(
    ask: Ask, fault: AddFault, words: dict[str, Any], body: str
) -> None:
    fault("answer", **words)
    reply = ask("GET", CONTACTS)
    assert reply.status_code == words["status"]
    assert body in reply.text
    assert reply.headers.get("Retry-After") == (str(words["retry_after"]) if "retry_after" in words else None)
    assert "Date" in reply.headers


@pytest.mark.parametrize(
    ("words", "hit"),
    [
        ({"org": "globex"}, set[str]()),
        ({"portal": "globex"}, {"list", "search", "deals"}),
        ({"portal": "acme"}, set[str]()),
        ({"calls": "search"}, {"search"}),
        ({"object": "contact"}, {"list", "search"}),
        ({"object": "0-3"}, {"deals"}),
        ({"text": "hs_object_id"}, {"search"}),
    ],
)
def test_a_fault_strikes_only_the_calls_that_it_is_meant_for(
    ask: Ask, fault: AddFault, words: dict[str, Any], hit: set[str]
) -> None:
    fault("answer", status=503, **words)
    replies = {
        "list": ask("GET", CONTACTS),
        "search": ask("POST", SEARCH, json=beyond()),
        "deals": ask("GET", "/crm/v3/objects/deals"),
    }
    assert {name for name, reply in replies.items() if reply.status_code == 503} == hit


def test_the_token_of_an_oauth_app_dies_and_stays_dead(ask: Ask, log_in: Callable[[], str], fault: AddFault) -> None:
    token = log_in()
    assert ask("GET", CONTACTS, token=token).status_code == 200
    fault("dead_token", times=1)
    replies = [ask("GET", CONTACTS, token=token) for _ in range(2)]
    assert [reply.json()["category"] for reply in replies] == ["EXPIRED_AUTHENTICATION"] * 2
    assert ask("GET", CONTACTS, token=log_in()).status_code == 200


def test_the_token_of_a_private_app_is_refused_once(ask: Ask, fault: AddFault) -> None:
    fault("dead_token", times=1)
    assert [ask("GET", CONTACTS).status_code for _ in range(2)] == [401, 200]


def test_a_login_can_be_refused_and_is_well_again(log_in: Callable[[], str], fault: AddFault) -> None:
    fault("answer", status=503, calls="login", portal="globex", times=1)
    with pytest.raises(requests.HTTPError, match="503"):
        log_in()
    assert log_in()


def test_the_usage_of_the_day_is_what_the_quota_says(ask: Ask, fault: AddFault) -> None:
    fault("quota", used=624_999)
    assert ask("GET", CONTACTS).headers["X-HubSpot-RateLimit-Daily-Remaining"] == "0"
    refused = ask("GET", CONTACTS)
    assert (refused.status_code, refused.json()["policyName"]) == (429, "DAILY")
    fault("quota", used=0)
    assert ask("GET", CONTACTS).status_code == 200


def test_a_list_ends_early_and_goes_on_where_it_would_have(ask: Ask, fault: AddFault) -> None:
    whole = ask("GET", CONTACTS, params={"limit": "20"})
    fault("short_page", share=0.25)
    short = ask("GET", CONTACTS, params={"limit": "20"})
    assert ids(short) == ids(whole)[:5]
    assert short.json()["paging"] == whole.json()["paging"]


def test_a_page_of_a_list_is_sent_again_in_place_of_the_next(ask: Ask, fault: AddFault) -> None:
    fault("page_again", times=1)
    first = ask("GET", CONTACTS, params={"limit": "10"})
    second, third = (
        ask("GET", CONTACTS, params={"limit": "10", "after": first.json()["paging"]["next"]["after"]}) for _ in range(2)
    )
    assert ids(second) == ids(first)
    assert second.json()["paging"] == third.json()["paging"]
    assert not set(ids(third)) & set(ids(first))


def test_a_page_of_a_search_by_ids_is_sent_again_in_place_of_the_next(ask: Ask, fault: AddFault) -> None:
    fault("page_again", times=1)
    first = ask("POST", SEARCH, json=beyond())
    second, third = (ask("POST", SEARCH, json=beyond(ids(first)[-1])) for _ in range(2))
    assert ids(second) == ids(first)
    assert not set(ids(third)) & set(ids(first))


def test_the_last_rows_of_a_page_come_twice(ask: Ask, fault: AddFault) -> None:
    fault("rows_again", rows=2)
    assert ids(ask("GET", CONTACTS))[-2:] == ids(ask("GET", CONTACTS))[-4:-2]


def test_a_list_ends_in_the_middle_without_saying_so(ask: Ask, fault: AddFault) -> None:
    fault("last_page", times=1)
    assert ["paging" in ask("GET", CONTACTS).json() for _ in range(2)] == [False, True]


def test_a_batch_leaves_out_a_row_without_saying_so(ask: Ask, fault: AddFault, struck: Struck) -> None:
    wanted = ids(ask("GET", CONTACTS))
    number = fault("missing", rows=3, times=1)
    assert ids(ask("GET", CONTACTS)) == wanted
    reply = ask("POST", READ, json=named(*wanted))
    assert (reply.status_code, reply.json()["status"], "errors" in reply.json()) == (200, "COMPLETE", False)
    assert set(ids(reply)) < set(wanted)
    assert len(ids(reply)) == len(wanted) - 3
    assert struck(number) == 1


def test_a_gzip_stream_ends_early_in_a_reply_that_is_whole(ask: Ask, fault: AddFault) -> None:
    fault("cut_gzip", share=0.5)
    reply = ask("GET", CONTACTS, params={"limit": "100"}, headers={"Accept-Encoding": "gzip"}, stream=True)
    sent = reply.raw.read(decode_content=False)
    assert len(sent) == int(reply.headers["Content-Length"])
    with pytest.raises(EOFError):
        gzip.decompress(sent)


@pytest.mark.parametrize("words", [{}, {"share": 0.5}])
def test_a_connection_is_cut_and_the_next_one_is_well(ask: Ask, fault: AddFault, words: dict[str, Any]) -> None:
    fault("cut", times=1, **words)
    with pytest.raises(requests.RequestException):
        ask("GET", CONTACTS, params={"limit": "100"})
    assert ask("GET", CONTACTS).status_code == 200


def test_what_a_fault_answers_is_counted_as_a_call_of_the_portal(
    ask: Ask, fault: AddFault, control: Callable[..., requests.Response]
) -> None:
    control("/control/counters/reset", "POST")
    fault("answer", status=503, times=1)
    for _ in range(2):
        ask("GET", CONTACTS)
    counters = control("/control/counters").json()
    assert counters["faults"] == {"answer": 1}
    assert counters["requests"]["globex"]["list"] == 2
