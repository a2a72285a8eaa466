import pytest

from sandbox.hubspot.model import Change, Edge, Label, ObjectType, Record, Refused
from sandbox.hubspot.portal import Portal
from tests.sandbox.hubspot_world.conftest import ids, written


def live_company(live: list[Record], record_id: int) -> str | None:
    return next(record.properties["associatedcompanyid"] for record in live if record.id == record_id)


def test_a_merge_moves_the_edges_of_both(portal: Portal, contacts: ObjectType, live: list[Record]) -> None:
    companies = portal.type("companies")
    pair = [record.id for record in live if record.properties.get("associatedcompanyid")][:2]
    before = portal.associated(contacts, pair, companies)
    merged = portal.merge(contacts, *pair)
    after = portal.associated(contacts, [merged.id], companies)[merged.id]
    assert {edge.to for edge in after} == {edge.to for edges in before.values() for edge in edges}
    primary = [edge.to for edge in after if any(label.label == "Primary" for label in edge.labels)]
    assert [str(company) for company in primary] == [live_company(live, pair[0])]
    for edge in after:
        back = {each.to for each in portal.associated(companies, [edge.to], contacts)[edge.to]}
        assert merged.id in back
        assert not back & set(pair)


def test_edges_are_the_same_from_both_ends_and_lead_to_live_records(generated: Portal) -> None:
    live = {kind.name: ids(generated, kind) for kind in generated.types()}
    for kind in generated.types():
        for to in (generated.type(name) for name in kind.associated if name < kind.name):
            edges = generated.associated(kind, sorted(live[kind.name]), to)
            back = generated.associated(to, sorted(live[to.name]), kind)
            assert {(a, edge.to) for a, found in edges.items() for edge in found} == {
                (edge.to, b) for b, found in back.items() for edge in found
            }
            assert edges
            known = set(generated.labels(kind, to))
            assert {label for found in edges.values() for edge in found for label in edge.labels} <= known
            assert {edge.to for found in edges.values() for edge in found} <= live[to.name]


def test_a_contact_names_its_primary_company(portal: Portal, contacts: ObjectType, live: list[Record]) -> None:
    edges = portal.associated(contacts, [record.id for record in live], portal.type("companies"))
    primary = Label("HUBSPOT_DEFINED", 1, "Primary")
    named = {
        record.id: next((str(edge.to) for edge in edges.get(record.id, ()) if primary in edge.labels), None)
        for record in live
    }
    assert named == {record.id: record.properties.get("associatedcompanyid") for record in live}


def test_an_edge_that_is_written_moves_no_stamp_and_can_be_removed(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    companies = portal.type("companies")
    (company,) = written(portal, companies, [Change({"name": "New"})])
    billing = Label("USER_DEFINED", 28, "Billing")
    portal.associate(contacts, live[0].id, companies, Edge(company.id, (billing,)))
    assert (
        Edge(company.id, (Label("HUBSPOT_DEFINED", 279), billing))
        in portal.associated(contacts, [live[0].id], companies)[live[0].id]
    )
    assert [edge.to for edge in portal.associated(companies, [company.id], contacts)[company.id]] == [live[0].id]
    assert portal.get(contacts, live[0].id) == live[0]
    portal.dissociate(contacts, live[0].id, companies, company.id)
    assert portal.associated(companies, [company.id], contacts) == {}
    with pytest.raises(Refused, match="999 is not a valid association type"):
        portal.associate(contacts, live[0].id, companies, Edge(company.id, (Label("USER_DEFINED", 999),)))
    with pytest.raises(Refused, match="One or more associations are invalid") as refused:
        portal.associate(contacts, live[0].id, companies, Edge(12345, ()))
    assert "12345" in str(refused.value.context)


def test_a_new_primary_company_takes_the_place_of_the_old_one(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    companies = portal.type("companies")
    contact = next(record.id for record in live if record.properties.get("associatedcompanyid"))
    made = written(portal, companies, [Change({"name": "One"}), Change({"name": "Two"})])

    def primary() -> list[int]:
        edges = portal.associated(contacts, [contact], companies)[contact]
        return [edge.to for edge in edges if any(label.label == "Primary" for label in edge.labels)]

    before = {edge.to for edge in portal.associated(contacts, [contact], companies)[contact]}
    portal.associate(contacts, contact, companies, Edge(made[0].id, (Label("HUBSPOT_DEFINED", 1, "Primary"),)))
    assert primary() == [made[0].id]
    portal.associate(companies, made[1].id, contacts, Edge(contact, (Label("HUBSPOT_DEFINED", 2, "Primary"),)))
    assert primary() == [made[1].id]
    after = {edge.to for edge in portal.associated(contacts, [contact], companies)[contact]}
    assert after == {*before, made[0].id, made[1].id}


def test_a_record_is_created_with_its_edges(portal: Portal, live: list[Record]) -> None:
    calls, contacts = portal.type("calls"), portal.type("contacts")
    edge = Edge(live[0].id, (Label("HUBSPOT_DEFINED", 194),))
    (call,) = written(portal, calls, [Change({"hs_timestamp": "1700000000000"}, associations=(("contacts", edge),))])
    assert portal.associated(calls, [call.id], contacts) == {call.id: [edge]}
