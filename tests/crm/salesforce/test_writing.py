"""Logging calls as tasks, by the unmodified session against the sandbox's org."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.activities import Activity, CallResult, Links, Written
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.kind import write_salesforce
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.writing import SalesforceWriter
from tests.crm.salesforce.world import SECRET, World

Ask = Callable[[str], list[dict[str, Any]]]
Tasks = Callable[..., dict[str, dict[str, Any]]]
FIELDS = (
    "Id", "Nooks_Call_Id__c", "WhoId", "WhatId", "OwnerId", "Subject", "Status", "TaskSubtype", "CallType",
    "CallDurationInSeconds", "CallDisposition", "ActivityDate", "Description",
)  # fmt: skip
BEGAN = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def call(key: str, **more: Any) -> Activity:
    given: dict[str, Any] = {"inbound": False, "result": CallResult.VOICEMAIL, "began": BEGAN}
    given |= {"lasted": timedelta(seconds=95.4), "subject": "Outbound call", "body": "Rep: Hello."}
    return Activity(key, **{**given, **more})


@pytest.fixture
def writer(world: World) -> SalesforceWriter:
    return write_salesforce("acme-salesforce", OwnKeys(SECRET), Unthrottled())


@pytest.fixture
def ask(world: World) -> Ask:
    """Ask the org in SOQL, as any other client does."""
    session = Session(Credentials.read(SECRET), "acme-salesforce", Unthrottled())

    def answer(soql: str) -> list[dict[str, Any]]:
        records = session.get(f"query?q={quote(soql)}", kind="test").body["records"]
        return [{name: value for name, value in record.items() if name != "attributes"} for record in records]

    return answer


@pytest.fixture
def tasks(ask: Ask) -> Tasks:
    """Read the tasks of some calls."""

    def read(*keys: str) -> dict[str, dict[str, Any]]:
        named = ", ".join(f"'{key}'" for key in keys)
        found = ask(f"SELECT {', '.join(FIELDS)} FROM Task WHERE Nooks_Call_Id__c IN ({named})")
        assert len(found) == len({row["Nooks_Call_Id__c"] for row in found})
        return {row["Nooks_Call_Id__c"]: row for row in found}

    return read


@pytest.fixture
def contact(ask: Ask) -> dict[str, Any]:
    return ask("SELECT Id, AccountId FROM Contact WHERE AccountId != null LIMIT 1")[0]


@pytest.fixture
def owner(ask: Ask) -> str:
    return str(ask("SELECT Id FROM User WHERE IsActive = true LIMIT 1")[0]["Id"])


def test_a_call_becomes_one_task_however_often_it_is_written(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any], owner: str
) -> None:
    links = Links(contact=contact["Id"], account=contact["AccountId"], owner=owner, time_zone="America/Los_Angeles")

    (first,) = writer.push([call("one", links=links)])
    (second,) = writer.push([call("one", links=links, subject="Outbound call, corrected")])

    assert isinstance(first, Written)
    assert first == second
    assert tasks("one")["one"] == {
        "Id": first.record,
        "Nooks_Call_Id__c": "one",
        "WhoId": contact["Id"],
        "WhatId": contact["AccountId"],
        "OwnerId": owner,
        "Subject": "Outbound call, corrected",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "CallType": "Outbound",
        "CallDurationInSeconds": 95,
        "CallDisposition": "Left voicemail",
        "ActivityDate": "2026-11-29",  # half past three in the afternoon of the owner
        "Description": "Rep: Hello.",
    }


def test_the_day_of_a_task_is_that_of_its_owner(writer: SalesforceWriter, tasks: Tasks) -> None:
    zones = {"zone-tokyo": "Asia/Tokyo", "zone-none": "", "zone-odd": "Mars/Olympus"}
    writer.push([call(key, links=Links(time_zone=zone)) for key, zone in zones.items()])

    days = {key: task["ActivityDate"] for key, task in tasks(*zones).items()}
    assert days == {"zone-tokyo": "2026-11-30", "zone-none": "2026-11-29", "zone-odd": "2026-11-29"}


def test_a_text_is_cut_to_the_length_of_its_field(writer: SalesforceWriter, tasks: Tasks) -> None:
    writer.push([call("long", subject="s" * 400, body="b" * 40_000)])

    task = tasks("long")["long"]
    assert (len(task["Subject"]), len(task["Description"])) == (255, 32_000)


def test_an_emoji_counts_two_of_the_characters_of_a_field(writer: SalesforceWriter, tasks: Tasks) -> None:
    writer.push([call("emoji", subject="\N{TELEPHONE RECEIVER}" * 200)])

    assert tasks("emoji")["emoji"]["Subject"] == "\N{TELEPHONE RECEIVER}" * 127


def test_a_call_whose_contact_account_or_owner_is_gone_is_logged_without(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any], owner: str
) -> None:
    no_one, nothing, nobody = (f"{prefix}000000000000AAA" for prefix in ("003", "001", "005"))
    links = {
        "gone-contact": Links(contact=no_one, owner=owner),
        "gone-owner": Links(contact=contact["Id"], owner=nobody),
        "gone-all": Links(contact=no_one, account=nothing, owner=nobody),
        "gone-none": Links(contact=contact["Id"], owner=owner),
    }

    answers = writer.push([call(key, links=given) for key, given in links.items()])

    assert [type(answer) for answer in answers] == [Written] * 4
    found = {key: (task["WhoId"], task["OwnerId"] == owner) for key, task in tasks(*links).items()}
    assert found["gone-contact"] == (None, True)
    assert found["gone-owner"][0] == contact["Id"]
    assert found["gone-all"][0] is None
    assert found["gone-none"] == (contact["Id"], True)


def test_a_call_keeps_the_links_that_are_not_to_blame_though_salesforce_names_none(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any], owner: str
) -> None:
    nothing = "001000000000000AAA"
    links = {
        "lost-account": Links(contact=contact["Id"], account=nothing, owner=owner),
        "lost-contact": Links(contact="003000000000000AAA", account=contact["AccountId"], owner=owner),
    }

    answers = writer.push([call(key, links=given) for key, given in links.items()])

    assert [type(answer) for answer in answers] == [Written] * 2
    found = {key: (task["WhoId"], task["WhatId"]) for key, task in tasks(*links).items()}
    assert found == {
        "lost-account": (contact["Id"], None),
        "lost-contact": (None, contact["AccountId"]),
    }


def test_a_call_that_was_with_nobody_known_after_all_is_a_task_of_nobody(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any]
) -> None:
    before = Links(contact=contact["Id"], account=contact["AccountId"])
    writer.push([call("again", links=before)])

    writer.push([call("again", before=before)])

    assert (tasks("again")["again"]["WhoId"], tasks("again")["again"]["WhatId"]) == (None, None)


def test_links_that_a_rep_changed_stay_however_often_a_call_is_written(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any], owner: str
) -> None:
    ours = Links(contact=contact["Id"], account=contact["AccountId"], owner=owner)
    writer.push([call("moved", links=ours)])
    writer.push([call("moved", before=ours)])  # as a rep takes all links off
    moved = tasks("moved")["moved"]

    writer.push([call("moved", links=ours, before=ours, subject="Corrected")])

    assert tasks("moved")["moved"] == {**moved, "Subject": "Corrected"}


def test_a_task_that_was_deleted_is_made_again_with_all_its_links(
    writer: SalesforceWriter, tasks: Tasks, contact: dict[str, Any], owner: str
) -> None:
    ours = Links(contact=contact["Id"], account=contact["AccountId"], owner=owner)

    (answer,) = writer.push([call("gone", links=ours, before=ours)])  # the org has no such task

    assert isinstance(answer, Written)
    gone = tasks("gone")["gone"]
    assert (gone["WhoId"], gone["WhatId"], gone["OwnerId"]) == (contact["Id"], contact["AccountId"], owner)


def test_a_lead_that_was_converted_meanwhile_costs_a_call_no_more_than_its_name(
    writer: SalesforceWriter, tasks: Tasks, ask: Ask
) -> None:
    lead = ask("SELECT Id FROM Lead WHERE IsConverted = true LIMIT 1")[0]["Id"]

    (answer,) = writer.push([call("converted", links=Links(lead=lead))])

    assert isinstance(answer, Written)
    assert tasks("converted")["converted"]["WhoId"] is None


def test_a_lead_is_linked_without_an_account(
    writer: SalesforceWriter, tasks: Tasks, ask: Ask, contact: dict[str, Any]
) -> None:
    lead = ask("SELECT Id FROM Lead WHERE IsConverted = false LIMIT 1")[0]["Id"]

    writer.push([call("lead", links=Links(lead=lead, account=contact["AccountId"]))])

    task = tasks("lead")["lead"]
    assert (task["WhoId"], task["WhatId"]) == (lead, None)
