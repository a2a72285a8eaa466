"""Logging calls in HubSpot, by the unmodified client against the sandbox's portal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.activities import Activity, AgainstRule, CallResult, Links, Refused, Written
from nooks_dagster.crm.hubspot.kind import write_hubspot
from nooks_dagster.crm.hubspot.writing import HubSpotWriter
from nooks_dagster.failures import Permanent
from tests.crm.hubspot.served_portal import SECRET, ServedPortal
from tests.crm.salesforce.world import World

BEGAN = datetime(2026, 11, 29, 23, 30, 0, 123_456, tzinfo=UTC)


def call(key: str, **more: Any) -> Activity:
    given: dict[str, Any] = {"inbound": False, "result": CallResult.VOICEMAIL, "began": BEGAN}
    given |= {"lasted": timedelta(seconds=95.4), "subject": "Outbound call", "body": "Rep: a < b.\nProspect: Yes."}
    return Activity(key, **{**given, **more})


@pytest.fixture
def portal_of(world: World) -> ServedPortal:
    """The portal of the sandbox, as another program sees it."""
    return ServedPortal(world.state, world.port)


@pytest.fixture
def writer(world: World) -> HubSpotWriter:
    return write_hubspot("globex-hubspot", OwnKeys(SECRET), Unthrottled())


@contextmanager
def altered(world: World, **wish: Any) -> Iterator[None]:
    """Alter the portal for as long as the block lasts."""
    address = f"http://127.0.0.1:{world.port}/control/portals/globex/alterations"
    reply = requests.post(address, json=wish, timeout=60)
    assert reply.ok, reply.text
    try:
        yield
    finally:
        requests.delete(address, timeout=60)


def first(portal: ServedPortal, name: str) -> str:
    return str(portal.call("GET", f"/crm/v3/objects/{name}?limit=1")["results"][0]["id"])


def edges(portal: ServedPortal, record: str, to: str) -> list[str]:
    found = portal.call("GET", f"/crm/v4/objects/calls/{record}/associations/{to}")["results"]
    return [str(edge["toObjectId"]) for edge in found]


def test_a_call_is_one_record_with_its_links_however_often_it_is_written(
    portal_of: ServedPortal, writer: HubSpotWriter
) -> None:
    owner = str(portal_of.call("GET", "/crm/v3/owners/?limit=1")["results"][0]["id"])
    ends = {"contacts": first(portal_of, "contacts"), "companies": first(portal_of, "companies")}
    ends["deals"] = first(portal_of, "deals")
    links = Links(contact=ends["contacts"], account=ends["companies"], opportunity=ends["deals"], owner=owner)

    (once,) = writer.push([call("one", links=links, from_number="+14155550100", to_number="+14155550101")])
    (twice,) = writer.push([call("one", links=links, subject="Corrected")])

    assert isinstance(once, Written)
    assert once == twice
    wanted = {
        "nooks_call_id": "one",
        "hs_call_title": "Corrected",
        "hs_call_body": "Rep: a &lt; b.<br>Prospect: Yes.",
        "hs_call_direction": "OUTBOUND",
        "hs_call_disposition": "b2cf5968-551e-4856-9783-52b3da59a7d0",
        "hs_call_status": "COMPLETED",
        "hs_call_duration": "95400",
        "hs_call_from_number": "+14155550100",
        "hs_call_to_number": "+14155550101",
        "hs_timestamp": "2026-11-29T23:30:00.123Z",
        "hubspot_owner_id": owner,
    }
    record = portal_of.call("GET", f"/crm/v3/objects/calls/{once.record}?properties={','.join(wanted)}")
    assert {name: record["properties"][name] for name in wanted} == wanted
    assert {to: edges(portal_of, once.record, to) for to in ends} == {to: [other] for to, other in ends.items()}


def test_a_call_whose_contact_or_owner_is_gone_is_logged_without(
    portal_of: ServedPortal, writer: HubSpotWriter
) -> None:
    contact = first(portal_of, "contacts")
    links = {
        "gone-contact": Links(contact="999999999999"),
        "gone-owner": Links(contact=contact, owner="999999999999"),
        "gone-none": Links(contact=contact),
    }

    answers = writer.push([call(key, links=given) for key, given in links.items()])

    written = [answer for answer in answers if isinstance(answer, Written)]
    assert len(written) == 3
    assert [edges(portal_of, one.record, "contacts") for one in written] == [[], [contact], [contact]]


def test_one_contact_that_is_gone_takes_no_link_from_the_others(portal_of: ServedPortal, writer: HubSpotWriter) -> None:
    contacts = [str(one["id"]) for one in portal_of.call("GET", "/crm/v3/objects/contacts?limit=9")["results"]]
    portal_of.archive("contacts", contacts[:1])

    answers = writer.push([call(f"many-{contact}", links=Links(contact=contact)) for contact in contacts])

    written = [answer for answer in answers if isinstance(answer, Written)]
    assert len(written) == 9
    assert [edges(portal_of, one.record, "contacts") for one in written] == [[], *([one] for one in contacts[1:])]


def test_a_call_that_was_with_somebody_else_after_all_is_linked_with_nobody_else(
    portal_of: ServedPortal, writer: HubSpotWriter
) -> None:
    one, other, theirs = (
        str(one["id"]) for one in portal_of.call("GET", "/crm/v3/objects/contacts?limit=3")["results"]
    )
    company = first(portal_of, "companies")
    before = Links(contact=one, account=company)
    (written,) = writer.push([call("again", links=before)])
    assert isinstance(written, Written)
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}]
    portal_of.call("PUT", f"/crm/v4/objects/calls/{written.record}/associations/contacts/{theirs}", types)

    answer = writer.push([call("again", links=Links(contact=other), before=before)])

    assert answer == [written]
    assert edges(portal_of, written.record, "contacts") == sorted([other, theirs], key=int)  # a rep's own link stays
    assert edges(portal_of, written.record, "companies") == []


def test_a_property_that_must_be_filled_is_named_and_a_constant_fills_it(
    portal_of: ServedPortal, writer: HubSpotWriter, world: World
) -> None:
    made = {"name": "call_source", "label": "Source", "type": "string", "fieldType": "text", "groupName": "call"}
    portal_of.call("POST", "/crm/v3/properties/calls", made)
    with altered(world, kind="require", object="calls", property="call_source"):
        (refused,) = writer.push([call("ruled")])
        constants = writer.typed({"call_source": "Nooks"})
        (answer,) = write_hubspot("globex-hubspot", OwnKeys(SECRET), Unthrottled(), constants).push([call("ruled")])

    assert isinstance(refused, Refused)
    assert isinstance(refused.failure, AgainstRule)
    assert "wants a value in a property of calls. Properties: call_source. (VALIDATION_ERROR" in str(refused.failure)
    assert isinstance(answer, Written)
    record = portal_of.call("GET", f"/crm/v3/objects/calls/{answer.record}?properties=call_source")
    assert record["properties"]["call_source"] == "Nooks"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("nothing", "x", "Calls have no property nothing"),
        ("hs_call_title", "x", "hs_call_title is filled by the call itself"),
        ("hs_object_id", "1", "hs_object_id may not be written"),
        ("outcome", "Perhaps", "it takes one of Connected, Voicemail, No Answer, None"),
        ("topics", "Pricing;Moon", "it takes one of Pricing, Security, Timing"),
        ("sentiment", "good", "it takes a number"),
    ],
)
def test_a_constant_that_its_property_cannot_hold_is_refused_when_it_is_chosen(
    writer: HubSpotWriter, name: str, text: str, words: str
) -> None:
    with pytest.raises(Permanent, match=words):
        writer.typed({name: text})
