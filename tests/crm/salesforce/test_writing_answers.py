"""What an org answers to calls that are logged, and what each answer makes of a call or of all."""

from typing import Any

import pytest

from nooks_dagster.crm.activities import AgainstRule, Links, NotSetUp, Refused, Written
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.writing import SalesforceWriter
from nooks_dagster.failures import Corrupt, Permanent, QuotaExhausted, Transient
from tests.crm.salesforce.fake_org import FakeOrg
from tests.crm.salesforce.test_writing import call
from tests.crm.scripted import Answer


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
        ("FIELD_CUSTOM_VALIDATION_EXCEPTION", AgainstRule),
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

    left = {"WhoId": ["contact"], "WhatId": ["account"], "OwnerId": ["owner"]}.get(out, [])
    assert scripted.push([call("a", links=links)]) == [Written("00T1", "Task", frozenset(left))]
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


LOCK = "CallTrigger: execution of AfterInsert caused by: first error: UNABLE_TO_LOCK_ROW, of +14155550101"
MISSING = "acme.CallTrigger: execution of BeforeInsert caused by: REQUIRED_FIELD_MISSING, +14155550101: [X]"
LIMIT = "CallTrigger: execution of AfterInsert caused by: System.LimitException: Too many SOQL queries: 101"
CODE = "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"


@pytest.mark.parametrize(
    ("message", "ruled", "words"),
    [
        (LOCK, False, "the org's trigger or flow writes. Trigger: CallTrigger."),
        (MISSING, True, "A trigger or flow of the org failed. Trigger: acme.CallTrigger."),
        (
            "We can't save this record because “Call” failed for +14155550101",
            True,
            f"flow of the org failed. ({CODE})",
        ),
        (LIMIT, True, "A trigger or flow of the org went beyond a limit of Salesforce. Trigger: CallTrigger."),
    ],
)
def test_a_trigger_that_failed_is_named_and_what_it_failed_of_told_apart(
    org: FakeOrg, scripted: SalesforceWriter, message: str, ruled: bool, words: str
) -> None:
    org.answers.extend([Answer(TASK), refused(CODE, message)])

    (answer,) = scripted.push([call("a")])

    assert isinstance(answer, Refused)
    assert isinstance(answer.failure, AgainstRule) is ruled
    assert words in str(answer.failure)
    assert "1415" not in str(answer.failure)


def test_triggers_that_cannot_take_so_many_tasks_at_once_are_sent_half_as_many(
    org: FakeOrg, scripted: SalesforceWriter
) -> None:
    errors = [{"statusCode": CODE, "message": LIMIT, "fields": []}]
    org.answers.extend([Answer(TASK), Answer([{"success": False, "errors": errors}] * 4), results("", "")])

    with pytest.raises(Permanent, match="beyond a limit"):  # and the sender halves the batch
        scripted.push([call(key) for key in "abcd"])

    assert scripted.most == 2
    assert [type(one) for one in scripted.push([call("a"), call("b")])] == [Written, Written]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DUPLICATES_DETECTED", AgainstRule),
        ("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", AgainstRule),
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", AgainstRule),
        ("ENTITY_IS_DELETED", Transient),
    ],
)
def test_what_no_field_of_a_call_is_to_blame_for_is_told_by_its_code(
    org: FakeOrg, scripted: SalesforceWriter, code: str, kind: type[Exception]
) -> None:
    org.answers.extend([Answer(TASK), results(code)])

    (answer,) = scripted.push([call("a")])

    assert isinstance(answer, Refused)
    assert type(answer.failure) is kind


def test_a_field_that_was_shortened_since_it_was_described_is_looked_at_again(
    org: FakeOrg, scripted: SalesforceWriter
) -> None:
    shorter = {**TASK, "fields": [field("Subject", length=5), KEY]}
    org.answers.extend([Answer(TASK), results("STRING_TOO_LONG"), Answer(shorter), results("")])

    (answer,) = scripted.push([call("a")])
    assert isinstance(answer, Refused)
    assert isinstance(answer.failure, Transient)
    assert scripted.push([call("a")]) == [Written("00T1", "Task")]
    assert org.bodies[-1]["records"][0]["Subject"] == "Outbo"
