"""Logging calls as tasks, by the unmodified session against the sandbox's org."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.activities import Activity, CallResult, Links, NotSetUp, Refused, Written
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.kind import write_salesforce
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.writing import SalesforceWriter
from nooks_dagster.failures import Corrupt, Permanent, QuotaExhausted, Transient
from tests.crm.salesforce.fake_org import FakeOrg
from tests.crm.salesforce.world import SECRET, World
from tests.crm.scripted import Answer

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


@pytest.fixture
def scripted(org: FakeOrg, session: Session) -> SalesforceWriter:
    """A writer whose org answers what a test wants; it takes tasks as Salesforce does."""
    return SalesforceWriter(session, "acme-salesforce")


def field(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "length": 255, "createable": True, "updateable": True, **more}


KEY = field("Nooks_Call_Id__c", externalId=True, unique=True)
TAKEN = [field(name) for name in ("Subject", "WhoId", "WhatId", "OwnerId")]
TASK = {"createable": True, "updateable": True, "fields": [*TAKEN, KEY]}


def results(*codes: str) -> Answer:
    """What a collections upsert says: an id for "", else a failure of that code."""
    good = {"id": "00T1", "success": True, "created": True, "errors": []}
    message = "unable to obtain exclusive access to +14155550101"
    return Answer(
        [
            {"success": False, "errors": [{"statusCode": code, "message": message, "fields": []}]} if code else good
            for code in codes
        ]
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("UNABLE_TO_LOCK_ROW", Transient),
        ("DUPLICATE_VALUE", Transient),
        ("DUPLICATE_EXTERNAL_ID", Permanent),
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", Permanent),
        ("STORAGE_LIMIT_EXCEEDED", QuotaExhausted),
    ],
)
def test_each_task_has_its_own_answer(
    org: FakeOrg, scripted: SalesforceWriter, code: str, kind: type[Exception]
) -> None:
    org.answers.extend([Answer(TASK), results("", code, "")])

    answers = scripted.push([call(key) for key in "abc"])

    assert [type(answer) for answer in answers] == [Written, Refused, Written]
    assert isinstance(answers[1], Refused)
    assert isinstance(answers[1].failure, kind)
    assert code in str(answers[1].failure)
    assert "+1415" not in str(answers[1].failure)


def test_an_answer_that_misses_a_task_is_believed_of_none(org: FakeOrg, scripted: SalesforceWriter) -> None:
    org.answers.extend([Answer(TASK), results("")])

    with pytest.raises(Corrupt):
        scripted.push([call("a"), call("b")])


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ({**TASK, "fields": []}, "Activities have no field Nooks_Call_Id__c: Setup, Object Manager, Activity"),
        ({**TASK, "fields": [{**KEY, "unique": False}]}, "not both unique and an external id"),
        ({**TASK, "fields": [{**KEY, "updateable": False}]}, "may not edit Nooks_Call_Id__c"),
        ({**TASK, "createable": False}, "give it Create and Edit on Task"),
    ],
)
def test_an_org_that_cannot_tell_our_calls_apart_is_told_what_to_do(
    org: FakeOrg, scripted: SalesforceWriter, described: dict[str, Any], words: str
) -> None:
    org.answers.extend([Answer(described), Answer(described)])

    assert words in scripted.look().advice
    with pytest.raises(NotSetUp, match=words):
        scripted.push([call("a")])


def refused(code: str, message: str, *fields: str) -> Answer:
    """What a collections upsert of one task says."""
    return Answer([{"success": False, "errors": [{"statusCode": code, "message": message, "fields": [*fields]}]}])


@pytest.mark.parametrize(
    ("code", "message", "named", "out"),
    [
        ("INACTIVE_OWNER_OR_USER", "operation performed with inactive user [005A] as owner of task", [], "OwnerId"),
        ("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [], "WhoId"),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "insufficient access on cross-reference: 001A", [], "WhatId"),
        ("FIELD_INTEGRITY_EXCEPTION", "Related To ID: id value of incorrect type", ["WhatId"], "WhatId"),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "Subject: bad value for picklist", ["Subject"], "Subject"),
        ("INVALID_FIELD", "No such column 'Subject' on sobject of type Task", [], "Subject"),
        ("INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update fields: Subject. Please", [], "Subject"),
    ],
)
def test_a_call_is_logged_without_the_one_field_that_the_org_does_not_take(
    org: FakeOrg, scripted: SalesforceWriter, code: str, message: str, named: list[str], out: str
) -> None:
    links = Links(contact="003A", account="001A", owner="005A")
    org.answers.extend([Answer(TASK), refused(code, message, *named), results("")])

    assert scripted.push([call("a", links=links)]) == [Written("00T1", "Task")]
    before, after = (body["records"][0] for body in org.bodies[-2:])
    assert before.keys() - after.keys() == {out}


@pytest.mark.parametrize(
    ("code", "described"),
    [
        ("INVALID_FIELD", {**TASK, "fields": []}),
        ("INSUFFICIENT_ACCESS_OR_READONLY", {**TASK, "createable": False}),
    ],
)
def test_what_every_call_would_meet_parks_them_though_each_was_refused_by_itself(
    org: FakeOrg, scripted: SalesforceWriter, code: str, described: dict[str, Any]
) -> None:
    message = "No such column 'Nooks_Call_Id__c' on sobject of type Task"
    org.answers.extend([Answer(TASK), refused(code, message), Answer(described)])

    with pytest.raises(NotSetUp):
        scripted.push([call("a")])


def test_what_a_describe_does_not_forbid_may_be_written(org: FakeOrg, scripted: SalesforceWriter) -> None:
    fields = [{"name": "Subject"}, {"name": "Nooks_Call_Id__c", "externalId": True, "unique": True}]
    org.answers.extend([Answer({"fields": fields}), results("")])

    assert scripted.push([call("a")]) == [Written("00T1", "Task")]
    assert org.bodies[-1]["records"][0]["Subject"] == "Outbound call"


def test_a_field_that_went_away_parks_the_calls_and_kills_none(org: FakeOrg, scripted: SalesforceWriter) -> None:
    refused = Answer([{"errorCode": "INVALID_FIELD", "message": "no such field"}], 400)
    org.answers.extend([Answer(TASK), refused, Answer({**TASK, "fields": []})])

    with pytest.raises(NotSetUp):
        scripted.push([call("a"), call("b")])


def test_a_session_that_ends_between_two_batches_is_begun_anew(org: FakeOrg, scripted: SalesforceWriter) -> None:
    ended = Answer([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 401)
    org.answers.extend([Answer(TASK), ended, results("")])

    assert scripted.push([call("a")]) == [Written("00T1", "Task")]
    assert org.logins == 2


def test_a_user_who_may_write_nothing_at_all_parks_the_calls(org: FakeOrg, scripted: SalesforceWriter) -> None:
    org.answers.extend([Answer(TASK), Answer([{"errorCode": "API_DISABLED_FOR_ORG", "message": "no"}], 403)])

    with pytest.raises(NotSetUp, match="API Enabled"):
        scripted.push([call("a")])
