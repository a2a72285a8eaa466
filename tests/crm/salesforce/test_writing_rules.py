"""An org's own rules for tasks, by the unmodified session against the sandbox's org: fields, validations, picklists."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.activities import AgainstRule, Answer, Links, Readiness, Refused, Written
from nooks_dagster.crm.salesforce.kind import write_salesforce
from nooks_dagster.crm.salesforce.tasks import OF_THE_CALL, TaskShape, task
from nooks_dagster.failures import Permanent
from tests.crm.salesforce.test_writing import call
from tests.crm.salesforce.world import SECRET, World

Alter = Callable[..., None]
SOURCE = "Call_Source__c"


@pytest.fixture
def alter(world: World) -> Iterator[Alter]:
    """Alter the org for this test; Activity has a field of the customer's own."""
    address = f"http://127.0.0.1:{world.port}/control/alterations/acme"

    def do(kind: str, **words: Any) -> None:
        reply = requests.post(address, json={"kind": kind, "object": "Task", **words}, timeout=60)
        assert reply.ok, reply.text

    do("create", field=SOURCE, length=20, external_id=False, unique=False)
    yield do
    requests.delete(address, timeout=60)


def pushed(key: str, **constants: Any) -> Answer:
    (answer,) = write_salesforce("acme-salesforce", OwnKeys(SECRET), Unthrottled(), constants).push([call(key)])
    return answer


def refusal(key: str) -> str:
    answer = pushed(key)
    assert isinstance(answer, Refused)
    assert isinstance(answer.failure, AgainstRule)
    return str(answer.failure)


def typed(**texts: str) -> dict[str, Any]:
    return dict(write_salesforce("acme-salesforce", OwnKeys(SECRET), Unthrottled()).typed(texts))


def test_a_field_that_must_be_filled_is_named_and_a_constant_fills_it(alter: Alter, world: World) -> None:
    alter("require", field=SOURCE)

    assert refusal("ruled").startswith(
        f"acme-salesforce Task: The org wants a value in a field of tasks. Fields: {SOURCE}. (REQUIRED_FIELD_MISSING)"
    )
    assert isinstance(pushed("ruled", **typed(Call_Source__c="Nooks")), Written)
    assert [row[SOURCE] for row in world.truth("Task") if row["Nooks_Call_Id__c"] == "ruled"] == ["Nooks"]


@pytest.mark.parametrize("at_field", [True, False])
def test_a_validation_rule_is_told_by_its_field_and_never_by_its_message(alter: Alter, at_field: bool) -> None:
    alter("validate", field=SOURCE, message="Who called +14155550101?", at_field=at_field)

    told = refusal(f"valid-{at_field}")
    assert told.startswith("acme-salesforce Task: A validation rule of the org refused the task.")
    assert (f"Fields: {SOURCE}." in told, "1415" in told) == (at_field, False)
    assert isinstance(pushed(f"valid-{at_field}", Call_Source__c="Nooks"), Written)


def test_a_picklist_with_other_values_costs_a_call_that_field_unless_it_must_be_filled(alter: Alter) -> None:
    alter("restrict", field="CallDisposition", values=["Reached"])
    assert isinstance(pushed("listed"), Written)

    alter("require", field="CallDisposition")
    assert "Fields: CallDisposition. (REQUIRED_FIELD_MISSING)" in refusal("unlisted")


def test_no_constant_takes_the_place_of_what_a_call_says_of_itself() -> None:
    links = Links(contact="003A", account="001A", owner="005A")
    shape = TaskShape(Readiness(ready=True), dict.fromkeys((*OF_THE_CALL, SOURCE), 0))

    said = task(call("own", links=links), shape, {**dict.fromkeys(OF_THE_CALL, "x"), SOURCE: "Nooks"})

    assert said.keys() == OF_THE_CALL | {SOURCE, "attributes"}
    assert "x" not in said.values()


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("Nothing__c", "x", "Task has no field Nothing__c"),
        ("Subject", "x", "Subject is filled by the call itself"),
        ("SystemModstamp", "2026-11-29T08:00:00Z", "SystemModstamp may not be written"),
        (SOURCE, "x" * 21, "it takes at most 20 characters"),
        ("Priority", "Highest", "it takes one of High, Normal, Low"),
        ("Recorded__c", "maybe", "it takes true or false"),
        ("Logged_At__c", "tomorrow", "it takes a time such as"),
        ("Sentiment__c", "NaN", "it takes a number"),
    ],
)
def test_a_constant_that_its_field_cannot_hold_is_refused_when_it_is_chosen(
    alter: Alter, name: str, text: str, words: str
) -> None:
    alter("restrict", field="Priority", values=["High", "Normal", "Low"])
    with pytest.raises(Permanent, match=words):
        typed(**{name: text})


def test_a_constant_is_sent_in_the_type_of_its_field(alter: Alter, world: World) -> None:
    constants = typed(Recorded__c="True", Sentiment__c="12.5", Call_Source__c="Nooks", Follow_Up__c="2026-12-01")
    assert constants == {"Recorded__c": True, "Sentiment__c": 12.5, SOURCE: "Nooks", "Follow_Up__c": "2026-12-01"}

    assert isinstance(pushed("typed", **constants), Written)
    (row,) = [row for row in world.truth("Task") if row["Nooks_Call_Id__c"] == "typed"]
    assert {name: row[name] for name in constants} == constants
