"""What a portal answers to calls that are logged, and what each answer makes of a call or of all."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from nooks_dagster.crm.activities import AgainstRule, Links, NotSetUp, Refused, Written
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.hubspot.writing import HubSpotWriter
from nooks_dagster.failures import Failure, RateLimited, Transient
from tests.crm.hubspot.fake_portal import FakePortal
from tests.crm.hubspot.test_writing import call
from tests.crm.scripted import Answer, Asked

PROPERTIES = Answer({"results": [{"name": "nooks_call_id", "hasUniqueValue": True}]})


@pytest.fixture
def scripted(portal: FakePortal, session: Session) -> HubSpotWriter:
    """A writer whose portal answers what a test wants."""
    portal.answers.append(PROPERTIES)
    return HubSpotWriter(session, "globex-hubspot")


def upserted(*keys: str, errors: list[Mapping[str, Any]] | None = None) -> Answer:
    results = [{"id": f"id-{key}", "objectWriteTraceId": key, "properties": {"nooks_call_id": key}} for key in keys]
    return Answer({"results": results, "errors": errors or []}, 207 if errors else 200)


def linked(*calls: str, errors: list[Mapping[str, Any]] | None = None) -> Answer:
    results = [{"fromObjectId": f"id-{call}", "toObjectId": 1} for call in calls]
    return Answer({"results": results, "errors": errors or []}, 207 if errors else 201)


def error(category: str, key: str) -> dict[str, Any]:
    said = {"status": "error", "category": category, "message": "+14155550101 is wrong"}
    return {**said, "context": {"objectWriteTraceId": [key]}}


@pytest.mark.parametrize(
    ("category", "kind"), [("VALIDATION_ERROR", AgainstRule), ("CONFLICT", Transient), ("RATE_LIMITS", RateLimited)]
)
def test_each_call_has_its_own_answer(
    portal: FakePortal, scripted: HubSpotWriter, category: str, kind: type[Failure]
) -> None:
    portal.answers.append(upserted("a", "c", errors=[error(category, "b")]))

    answers = scripted.push([call(key) for key in "abc"])

    assert [type(answer) for answer in answers] == [Written, Refused, Written]
    assert isinstance(answers[1], Refused)
    assert isinstance(answers[1].failure, kind)
    assert "+1415" not in str(answers[1].failure)


def test_a_call_of_which_an_answer_says_nothing_is_written_again_later(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    portal.answers.append(upserted("a"))

    answers = scripted.push([call("a"), call("b")])

    assert isinstance(answers[1], Refused)
    assert isinstance(answers[1].failure, Transient)


def test_a_link_that_fails_behind_the_call_is_made_alone_the_next_time(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    slow = Answer({"status": "error", "policyName": "TEN_SECONDLY_ROLLING"}, 429)
    portal.answers.extend([upserted("a", "b"), slow, slow])
    links = Links(contact="7")

    answers = scripted.push([call("a", links=links), call("b")])

    assert answers[1] == Written("id-b", "calls")
    assert isinstance(answers[0], Refused)
    assert (answers[0].record, answers[0].object) == ("id-a", "calls")
    assert isinstance(answers[0].failure, RateLimited)

    portal.asked.clear()
    portal.answers.append(linked("a"))
    assert scripted.push([call("a", links=links, record="id-a")]) == [Written("id-a", "calls")]
    (asked,) = portal.asked
    assert asked.path == "/crm/v4/associations/calls/contacts/batch/create"
    assert json.loads(asked.body)["inputs"] == [
        {
            "from": {"id": "id-a"},
            "to": {"id": "7"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}],
        }
    ]


INVALID = {"status": "error", "category": "VALIDATION_ERROR", "message": "One or more associations are invalid"}
GONE = {
    "as a whole": Answer({**INVALID, "context": {"INVALID_OBJECT_IDS": ["CONTACT=7 is not valid"]}}, 400),
    "as a whole, not found": Answer({"status": "error", "category": "OBJECT_NOT_FOUND"}, 404),
    "one by one": linked("b", errors=[{**INVALID, "context": {"INVALID_OBJECT_IDS": ["x"], "objectId": ["7"]}}]),
    "in the older words": linked(
        "b",
        errors=[
            {
                "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.TO_OBJECT_NOT_FOUND",
                "context": {"objectType": ["contact"], "id": ["7"]},
            }
        ],
    ),
}


@pytest.mark.parametrize("said", GONE)
def test_a_contact_that_is_gone_is_no_link_however_hubspot_says_it(
    portal: FakePortal, scripted: HubSpotWriter, said: str
) -> None:
    there = Answer({"results": [{"id": "8", "properties": {}}]})
    portal.answers.extend([upserted("a", "b"), GONE[said]])
    if said.startswith("as a whole"):
        portal.answers.extend([there, linked("b")])

    answers = scripted.push([call("a", links=Links(contact="7")), call("b", links=Links(contact="8"))])

    assert answers == [Written("id-a", "calls"), Written("id-b", "calls")]
    assert not portal.answers


def test_a_link_that_cannot_be_made_though_both_are_there_accuses_its_call_alone(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    def limited(asked: Asked) -> Answer:
        inputs = json.loads(asked.body)["inputs"]
        if "batch/read" in asked.path:
            return Answer({"results": [{"id": one["id"]} for one in inputs]})
        calls = [one["from"]["id"].removeprefix("id-") for one in inputs]
        return Answer(INVALID, 400) if "c" in calls else linked(*calls)

    portal.answers.append(upserted(*"abcd"))
    portal.rule = limited

    answers = scripted.push([call(key, links=Links(contact=key)) for key in "abcd"])

    assert [type(answer) for answer in answers] == [Written, Written, Refused, Written]
    assert isinstance(answers[2], Refused)
    assert answers[2].record == "id-c"


@pytest.mark.parametrize("detailed", [True, False])
def test_a_call_is_logged_without_a_property_that_the_portal_does_not_take(
    portal: FakePortal, scripted: HubSpotWriter, detailed: bool
) -> None:
    message = (
        'Property values were not valid: [{"isValid":false,"error":"INVALID_OPTION","name":"hs_call_disposition"}]'
    )
    detail = {"code": "INVALID_OPTION", "context": {"propertyName": ["hs_call_disposition"]}}
    wrong = {**error("VALIDATION_ERROR", "a"), "message": message}
    told = {**wrong, "message": "", "errors": [detail]} if detailed else wrong
    portal.answers.extend([upserted(errors=[told]), upserted("a")])

    assert scripted.push([call("a", links=Links(owner="5"))]) == [Written("id-a", "calls")]
    before, after = (json.loads(one.body)["inputs"][0]["properties"] for one in portal.asked[-2:])
    assert before.keys() - after.keys() == {"hs_call_disposition"}


def test_a_call_that_is_refused_with_its_request_for_a_property_it_lacks_is_told_which(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    told = "Error creating CALL. Some required properties were not set."
    error = {"status": "error", "message": told, "category": "VALIDATION_ERROR", "context": {"properties": ["source"]}}
    portal.answers.append(Answer(error, 400))

    (answer,) = scripted.push([call("a")])

    assert isinstance(answer, Refused)
    assert isinstance(answer.failure, AgainstRule)
    assert "wants a value in a property of calls. Properties: source. (VALIDATION_ERROR)" in str(answer.failure)


def test_an_error_that_names_the_call_by_its_id_is_of_that_call(portal: FakePortal, scripted: HubSpotWriter) -> None:
    told = {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": {"ids": ["b"]}}
    portal.answers.append(upserted("a", errors=[told]))

    answers = scripted.push([call("a"), call("b")])

    assert isinstance(answers[1], Refused)
    assert isinstance(answers[1].failure, AgainstRule)


def test_a_call_alone_whose_owner_refuses_the_whole_request_is_logged_without(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    refused = Answer({"status": "error", "category": "VALIDATION_ERROR", "message": "no such owner"}, 400)
    portal.answers.extend([refused, PROPERTIES, upserted("a")])

    assert scripted.push([call("a", links=Links(owner="5"))]) == [Written("id-a", "calls", frozenset(["owner"]))]


def test_an_owner_that_we_set_is_not_written_again(portal: FakePortal, scripted: HubSpotWriter) -> None:
    portal.answers.append(upserted("a", "b"))

    scripted.push(
        [call(key, links=Links(owner="5"), before=Links(owner=was)) for key, was in {"a": "5", "b": "4"}.items()]
    )

    sent = [one["properties"].get("hubspot_owner_id") for one in json.loads(portal.asked[-1].body)["inputs"]]
    assert sent == [None, "5"]


def test_two_who_write_one_call_at_once_wait_for_one_another(portal: FakePortal, scripted: HubSpotWriter) -> None:
    portal.answers.append(Answer({"status": "error", "category": "CONFLICT", "message": "exists"}, 409))
    portal.answers.append(Answer({"status": "error", "category": "CONFLICT", "message": "exists"}, 409))

    with pytest.raises(Transient):
        scripted.push([call("a")])


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ([], "Calls have no property nooks_call_id: Settings, Data Management, Properties"),
        ([{"name": "nooks_call_id", "hasUniqueValue": False}], "is not unique"),
    ],
)
def test_a_portal_that_cannot_tell_our_calls_apart_is_told_what_to_do(
    portal: FakePortal, session: Session, properties: list[Mapping[str, Any]], words: str
) -> None:
    portal.rule = lambda _asked: Answer({"results": properties})
    writer = HubSpotWriter(session, "globex-hubspot")

    assert words in writer.look().advice
    with pytest.raises(NotSetUp, match=words):
        writer.push([call("a")])


def test_a_property_that_went_away_parks_the_calls_and_kills_none(portal: FakePortal, scripted: HubSpotWriter) -> None:
    def gone(asked: Asked) -> Answer:
        if asked.method == "GET":
            return Answer({"results": []})
        return Answer({"status": "error", "category": "VALIDATION_ERROR", "message": "no such property"}, 400)

    portal.rule = gone

    with pytest.raises(NotSetUp):
        scripted.push([call("a"), call("b")])


def test_an_app_that_may_not_write_parks_the_calls_and_its_owner_is_told_the_scope(
    portal: FakePortal, scripted: HubSpotWriter
) -> None:
    portal.answers.append(Answer({"status": "error", "category": "MISSING_SCOPES"}, 403))

    with pytest.raises(NotSetUp, match=r"crm\.objects\.contacts\.write"):
        scripted.push([call("a")])


def test_a_call_is_logged_without_what_the_app_may_not_touch(portal: FakePortal, scripted: HubSpotWriter) -> None:
    refused = Answer({"status": "error", "category": "MISSING_SCOPES"}, 403)
    portal.answers.extend([upserted("a"), linked("a"), refused])

    assert scripted.push([call("a", links=Links(contact="7", opportunity="8"))]) == [Written("id-a", "calls")]
