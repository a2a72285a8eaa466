"""What goes wrong when records are written: items that are locked, answers that never come, stamps that are late."""

from collections.abc import Callable
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce

from sandbox.salesforce.moments import milliseconds

UPSERT = "composite/sobjects/Task/Nooks_Call_Id__c"
Get = Callable[..., requests.Response]


def body(*keys: str) -> dict[str, Any]:
    return {"records": [{"attributes": {"type": "Task"}, "Nooks_Call_Id__c": key, "Subject": "Call"} for key in keys]}


def test_each_item_is_locked_or_not_by_itself(
    get: Get, fault: Callable[..., int], struck: Callable[[int], int]
) -> None:
    number = fault("item", calls="collection", every=3)
    told = get(UPSERT, "PATCH", json=body(*(f"item-{each}" for each in range(7)))).json()
    assert [each["success"] for each in told] == [True, True, False, True, True, False, True]
    assert told[2]["errors"][0]["statusCode"] == "UNABLE_TO_LOCK_ROW"
    assert struck(number) == 2
    again = get(UPSERT, "PATCH", json=body("item-2", "item-5")).json()
    assert [(each["success"], each.get("created")) for each in again] == [(True, True), (False, False)]


def test_an_item_may_be_refused_by_any_code(get: Get, fault: Callable[..., int]) -> None:
    fault("item", text="chosen", code="DUPLICATE_VALUE", message="duplicate value found")
    told = get(UPSERT, "PATCH", json=body("other", "chosen")).json()
    assert [each["errors"] for each in told] == [
        [], [{"statusCode": "DUPLICATE_VALUE", "message": "duplicate value found", "fields": []}]
    ]  # fmt: skip


@pytest.mark.parametrize("after_seconds", [0, 60])
def test_an_answer_is_lost_but_the_work_is_done(
    org: Salesforce, fault: Callable[..., int], after_seconds: float
) -> None:
    fault("lost", calls="collection", times=1, after_seconds=after_seconds)
    key = f"lost-{after_seconds}"
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
        org.session.patch(org.base_url + UPSERT, json=body(key), headers=org.headers, timeout=0.5)
    (again,) = org.session.patch(org.base_url + UPSERT, json=body(key), headers=org.headers, timeout=60).json()
    assert (again["success"], again["created"]) == (True, False)


def test_what_is_written_may_be_older_than_it_looks(org: Salesforce, get: Get, fault: Callable[..., int]) -> None:
    fault("late", late_seconds=120, times=1)
    late, soon = (get(UPSERT, "PATCH", json=body(key)).json()[0]["id"] for key in ("late", "soon"))
    stamps = [milliseconds(org.Task.get(each)["SystemModstamp"]) or 0 for each in (late, soon)]
    assert stamps[1] - stamps[0] >= 120_000
