"""A portal over HTTP: what is read of it is the truth, whatever happens meanwhile."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.hubspot import extracting
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.fields import RECORD, property_of
from nooks_dagster.crm.hubspot.plans import Sizes
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import FieldType, SourceObject, Window
from tests.crm.hubspot.reading import HeldStamps, Row, drain, planned
from tests.crm.hubspot.served_portal import SECRET, ServedPortal, served

HOUR = timedelta(hours=1)
Rows = dict[str, Row]


@pytest.fixture(scope="module")
def portal_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    with served(tmp_path_factory.mktemp("portal"), accounts=50) as portal:
        yield portal


@pytest.fixture
def portal(portal_process: ServedPortal, monkeypatch: pytest.MonkeyPatch) -> ServedPortal:
    portal_process.point(monkeypatch)
    return portal_process


def connect(held: Mapping[str, datetime] | None = None) -> HubSpotConnector:
    session = Session(Credentials.read(SECRET), "globex-hubspot", Unthrottled(), sleep=lambda _: None)
    return HubSpotConnector(session, HeldStamps(held or {}), Sizes(chunk=150, readers=2), lag=timedelta(0))


def read(connector: HubSpotConnector, name: str, since: datetime | None) -> tuple[SourceObject, Rows, datetime]:
    """Return an object, the rows of a window by id, and where the window ended."""
    until = connector.safe_bound(name)
    source = connector.describe(name)
    rows = drain(connector, source, planned(connector, source, Window(since, until)))
    return source, by_id(rows), until


def by_id(rows: Sequence[Row]) -> Rows:
    found = {row["id"]: row for row in rows}
    assert len(found) == len(rows)
    return found


def merged(known: Rows, news: Rows) -> Rows:
    """Return what a table holds after news: a deleted row has no values."""
    return {**known, **news}


def check(portal: ServedPortal, source: SourceObject, rows: Rows) -> None:
    """Compare rows with the truth, value by value."""
    truth = portal.truth(source.name)
    records = {record["id"]: record for record in truth if "mergedInto" not in record}
    aliases = {record["id"]: record["mergedInto"] for record in truth if "mergedInto" in record}
    assert {row["id"]: row["mergedInto"] for row in rows.values() if row["mergedInto"]} == aliases
    assert set(rows) == {*records, *aliases}
    for record in records.values():
        assert_same(source, rows[record["id"]], record)


def assert_same(source: SourceObject, row: Row, record: Mapping[str, Any]) -> None:
    unreadable = json.loads(row["unreadable"] or "{}")
    assert row["archived"] == record["archived"]
    for name in ("createdAt", "updatedAt", "archivedAt"):
        assert row[name] == moment(record.get(name)), name
    for field in source.fields:
        name = property_of(field.name)
        if name is None:
            continue
        text = None if record["archived"] else record["properties"].get(name)
        if name in unreadable:
            assert (row[field.name], unreadable[name]) == (None, text), name
        else:
            assert row[field.name] == value_of(field.type, text), name


def value_of(kind: FieldType, text: str | None) -> Any:
    if text is None or kind is FieldType.TEXT:
        return text
    read = {FieldType.BOOLEAN: "true".__eq__, FieldType.NUMBER: float, FieldType.INTEGER: int}
    return {**read, FieldType.DATE: date.fromisoformat, FieldType.TIMESTAMP: moment}[kind](text)


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def test_a_history_of_every_type_is_the_truth(portal: ServedPortal) -> None:
    connector = connect()
    objects = connector.objects()
    assert {"companies", "contacts", "leads", "deals", "calls", "meetings", "owners", "deal_pipelines"} <= set(objects)
    for name in objects:
        source, rows, _ = read(connector, name, None)
        assert rows, name
        if set(RECORD) <= set(source.schema.names):
            check(portal, source, rows)


def test_edges_are_those_of_the_portal(portal: ServedPortal) -> None:
    source, rows, _ = read(connect(), "deals", None)
    assert source.columns["account_id"] == "associations.companies.primary"
    some = [row for row in rows.values() if row["associations.contacts"]][:5]
    assert some
    for row in some:
        listed = portal.call("GET", f"/crm/v4/objects/deals/{row['id']}/associations/contacts")["results"]
        told = json.loads(row["associations.contacts"])
        assert {edge["toObjectId"] for edge in told} == {edge["toObjectId"] for edge in listed}
        assert row["associations.contacts.primary"] in {str(edge["toObjectId"]) for edge in listed}


def test_edits_merges_and_archives_after_the_history_arrive_with_the_next_window(portal: ServedPortal) -> None:
    connector = connect()
    _, rows, until = read(connector, "contacts", None)
    alive = sorted((record for record, row in rows.items() if not row["archived"]), key=int)
    portal.update("contacts", {record: {"jobtitle": "Mender"} for record in alive[:90]})
    portal.update("contacts", {alive[20]: {"num_notes": "12345678901234567890", "jobtitle": "M\N{PILE OF POO}\\"}})
    portal.archive("contacts", [*alive[3:6], alive[-1]])
    once = portal.merge("contacts", alive[10], alive[11])
    twice = portal.merge("contacts", once, alive[12])
    portal.control("clock", {"advance_seconds": 600})
    source, news, _ = read(connector, "contacts", until)
    assert news[twice]["archived"] is False
    assert {news[record]["mergedInto"] for record in (once, *alive[10:13])} == {twice}
    assert json.loads(news[alive[20]]["unreadable"]) == {"num_notes": "12345678901234567890"}
    check(portal, source, merged(rows, news))


def test_a_type_with_too_many_properties_for_an_address_is_the_truth(
    portal: ServedPortal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extracting, "LONGEST_LIST", 100)
    source, rows, _ = read(connect(), "deals", None)
    check(portal, source, rows)


def test_what_is_here_already_is_not_read_again(portal: ServedPortal) -> None:
    portal.control("clock", {"advance_seconds": 600})
    _, rows, until = read(connect(), "companies", None)
    alive = [record for record, row in rows.items() if not row["archived"]]
    portal.update("companies", {alive[0]: {"city": "Hamm"}, alive[1]: {"city": "Ulm"}})
    portal.control("clock", {"advance_seconds": 600})
    held = {record: row["updatedAt"] for record, row in rows.items()}
    _, news, _ = read(connect(held), "companies", until - 30 * 24 * HOUR)
    assert {record for record, row in news.items() if not row["archived"]} == set(alive[:2])


def test_edits_while_a_history_is_read_arrive_with_the_next_window(portal: ServedPortal) -> None:
    connector = connect()
    portal.control("clock", {"advance_seconds": 600})
    until = connector.safe_bound("leads")
    source = connector.describe("leads")
    alive = [record["id"] for record in portal.truth("leads") if not record.get("archived", True)]
    rows: Rows = {}
    for place, chunk in enumerate(planned(connector, source, Window(None, until))):
        edited = alive[place::7][:50]
        portal.update("leads", {record: {"hs_lead_name": f"Lead {place}"} for record in edited})
        portal.archive("leads", [alive.pop(place)])
        rows |= by_id(drain(connector, source, [chunk]))
    portal.control("clock", {"advance_seconds": 600})
    source, news, _ = read(connector, "leads", until)
    check(portal, source, merged(rows, news))


def test_a_change_that_the_index_shows_late_is_in_the_window_that_overlaps(portal: ServedPortal) -> None:
    connector = connect()
    source, rows, until = read(connector, "meetings", None)
    alive = [record for record, row in rows.items() if not row["archived"]]
    portal.control("index", {"lag_seconds": 60})
    portal.update("meetings", {alive[0]: {"hs_meeting_title": "Late"}})
    _, unseen, _ = read(connector, "meetings", until)
    assert alive[0] not in unseen
    portal.control("clock", {"advance_seconds": 120})
    source, news, _ = read(connector, "meetings", until)
    portal.control("index", {"lag_seconds": 0})
    check(portal, source, merged(rows, news))
