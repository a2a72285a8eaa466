import json
from threading import Thread

import pytest

from sandbox.hubspot.model import Change, ObjectType, Properties, Property, Record, Refused
from sandbox.hubspot.portal import Portal
from tests.sandbox.hubspot_world.conftest import every_name, ids, listed, values, written


def seen(portal: Portal, kind: ObjectType, record_id: int) -> list[Properties]:
    """Return a record's values in each of the ways in which it may be read."""
    names = every_name(kind)
    got = portal.get(kind, record_id)
    return [
        values(portal.page(kind, record_id, 1, names, archived=False).texts[0]),
        values(portal.read(kind, [record_id], names, archived=False).texts[0]),
        (got or pytest.fail("not there")).properties,
        next(record.properties for record in portal.truth(kind) if record.id == record_id),
    ]


def test_an_update_is_seen_at_once_in_every_way_of_reading(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    before = portal.now()
    old = live[7]
    (record,) = written(portal, contacts, [Change({"jobtitle": 'The "Boss"\n', "company": "", "fax": None}, old.id)])
    assert before <= record.updated <= portal.now()
    assert record.created == old.created
    assert record.properties["jobtitle"] == 'The "Boss"\n'
    assert record.properties["full_title"] == 'The "Boss"\n / '
    assert "company" not in record.properties
    assert seen(portal, contacts, old.id) == [record.properties] * 4
    untouched = set(old.properties) - {"jobtitle", "company", "fax", "full_title", "lastmodifieddate"}
    assert {name: record.properties[name] for name in untouched} == {name: old.properties[name] for name in untouched}


def test_what_one_call_writes_has_one_stamp_and_new_ids_are_above_all(portal: Portal, contacts: ObjectType) -> None:
    highest = max(ids(portal, contacts))
    made = written(portal, contacts, [Change({"email": f"New{n}@Example.com"}) for n in range(20)])
    assert len({record.updated for record in made}) == 1
    assert highest < made[0].id
    assert [record.id for record in made] == sorted({record.id for record in made})
    assert made[3].created == made[3].updated
    assert made[3].properties["email"] == "new3@example.com"
    assert made[3].properties["hs_email_domain"] == "example.com"
    assert seen(portal, contacts, made[3].id) == [made[3].properties] * 4
    assert {record.id for record in made} <= ids(portal, contacts)


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"nonsense": "1"}, "PROPERTY_DOESNT_EXIST"),
        ({"engagement_score": "many"}, "INVALID_INTEGER"),
        ({"engagement_score": "NaN"}, "INVALID_INTEGER"),
        ({"champion": "yes"}, "INVALID_OPTION"),
        ({"persona": "Nobody"}, "INVALID_OPTION"),
        ({"interests": "Calling;Nothing"}, "INVALID_OPTION"),
        ({"next_touch": "tomorrow"}, "INVALID_DATE"),
        ({"last_called": "soon"}, "INVALID_LONG"),
        ({"enrichment": "{"}, "INVALID_JSON"),
        ({"email": "nobody"}, "INVALID_EMAIL"),
        ({"full_title": "x"}, "READ_ONLY_VALUE"),
        ({"hs_object_id": "1"}, "READ_ONLY_VALUE"),
    ],
)
def test_a_value_that_its_property_cannot_hold_is_refused_and_nothing_is_written(
    generated: Portal, properties: dict[str, str], code: str
) -> None:
    contacts = generated.type("contacts")
    before = ids(generated, contacts)
    with pytest.raises(Refused, match=code) as refused:
        generated.write(contacts, [Change({"firstname": "Good"}), Change(properties)])
    assert (refused.value.status, refused.value.category) == (400, "VALIDATION_ERROR")
    assert [one["code"] for one in refused.value.details] == [code]
    assert ids(generated, contacts) == before


def test_days_and_moments_are_kept_as_hubspot_writes_them(portal: Portal, contacts: ObjectType) -> None:
    given = {"next_touch": "1700000000000", "last_called": "1700000000123", "champion": "TRUE", "lifetime_value": "1e3"}
    (record,) = written(portal, contacts, [Change(given)])
    assert {name: record.properties[name] for name in given} == {
        "next_touch": "2023-11-14", "last_called": "2023-11-14T22:13:20.123Z", "champion": "true",
        "lifetime_value": "1e3",
    }  # fmt: skip


def test_a_unique_value_leads_to_its_record_and_is_not_given_twice(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    holder = next(record for record in live if "email" in record.properties and "badge_number" in record.properties)
    for name in ("email", "badge_number"):
        assert portal.find(contacts, name, holder.properties[name] or "") == holder.id
    with pytest.raises(Refused, match=f"Contact already exists. Existing ID: {holder.id}") as refused:
        portal.write(contacts, [Change({"email": (holder.properties["email"] or "").upper()})])
    assert (refused.value.status, refused.value.category) == (409, "CONFLICT")
    with pytest.raises(Refused, match="already exists"):
        portal.write(contacts, [Change({"badge_number": "X"}), Change({"badge_number": "X"})])
    portal.write(contacts, [Change({"email": "moved@example.com"}, holder.id)])
    assert portal.find(contacts, "email", "moved@example.com") == holder.id
    assert portal.find(contacts, "email", holder.properties["email"] or "") is None


def test_an_archived_record_is_in_the_bin_until_it_is_restored_with_its_stamp(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    record, names = live[3], every_name(contacts)
    text = portal.read(contacts, [record.id], names, archived=False).texts
    portal.archive(contacts, [record.id, 5, record.id])
    gone = portal.get(contacts, record.id)
    assert gone is not None
    assert gone.archived_at == pytest.approx(portal.now(), abs=60_000)
    assert gone.updated == record.updated
    assert record.id not in ids(portal, contacts)
    assert record.id in ids(portal, contacts, archived=True)
    assert portal.read(contacts, [record.id], [], archived=False).ids == []
    assert "archivedAt" in json.loads(portal.read(contacts, [record.id], [], archived=True).texts[0])
    with pytest.raises(Refused, match="Object not found") as refused:
        portal.write(contacts, [Change({"firstname": "x"}, record.id)])
    assert (refused.value.status, refused.value.context) == (404, {"ids": [str(record.id)]})
    portal.restore(contacts, [record.id])
    assert portal.get(contacts, record.id) == record
    assert portal.read(contacts, [record.id], names, archived=False).texts == text
    assert record.id in ids(portal, contacts) - ids(portal, contacts, archived=True)


def test_a_generated_record_leaves_the_bin_too(portal: Portal, contacts: ObjectType) -> None:
    gone = min(ids(portal, contacts, archived=True))
    portal.restore(contacts, [gone])
    assert gone in ids(portal, contacts) - ids(portal, contacts, archived=True)


def test_a_merge_makes_a_new_record_to_which_both_old_ids_lead(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    first, second, third = live[10], live[20], live[30]
    merged = portal.merge(contacts, first.id, second.id)
    assert merged.id > max(record.id for record in live)
    assert merged.merged == (first.id, second.id)
    assert merged.properties["hs_merged_object_ids"] == f"{first.id};{second.id}"
    own = {"hs_object_id", "createdate", "lastmodifieddate", "hs_merged_object_ids", "full_title", "hs_email_domain"}
    kept = {**second.properties, **first.properties}
    assert {n: v for n, v in merged.properties.items() if n not in own} == {n: kept[n] for n in kept if n not in own}
    assert portal.get(contacts, first.id) == portal.get(contacts, second.id) == merged
    assert not {first.id, second.id} & ids(portal, contacts)
    assert portal.read(contacts, [first.id, second.id], [], archived=False).ids == []
    last = portal.merge(contacts, third.id, merged.id)
    assert last.merged == (first.id, second.id, third.id, merged.id)
    assert portal.merged(contacts) == dict.fromkeys((first.id, second.id, third.id, merged.id), last.id)
    with pytest.raises(Refused, match="Object not found"):
        portal.merge(contacts, first.id, last.id)


def test_an_erased_record_is_nowhere(portal: Portal, contacts: ObjectType, live: list[Record]) -> None:
    portal.erase(contacts, live[0].id)
    assert portal.get(contacts, live[0].id) is None
    assert live[0].id not in ids(portal, contacts) | ids(portal, contacts, archived=True)
    assert live[0].id not in {record.id for record in portal.truth(contacts)}
    assert portal.find(contacts, "badge_number", live[0].properties.get("badge_number") or "-") is None


def test_the_history_of_a_property_has_every_value_once(
    portal: Portal, contacts: ObjectType, live: list[Record]
) -> None:
    record = next(each for each in live if each.properties.get("lifecyclestage") == "customer")
    for value in ("lead", "lead", "", "other"):
        portal.write(contacts, [Change({"lifecyclestage": value}, record.id)])
    history = portal.history(contacts, record.id, "lifecyclestage")
    assert [value for _, value in history] == ["other", "", "lead", "customer"]
    assert [moment for moment, _ in history] == sorted((moment for moment, _ in history), reverse=True)
    assert history[-1][0] == record.updated


def test_a_property_comes_and_goes_with_its_values(portal: Portal, contacts: ObjectType, live: list[Record]) -> None:
    made = Property("shoe_size", "Shoe size", "number", "number", "contactinformation", hubspot_defined=False)
    portal.add_property(contacts, made)
    with pytest.raises(Refused, match="A property named 'shoe_size' already exists"):
        portal.add_property(contacts, made)
    assert made in portal.type("contacts").properties
    portal.write(contacts, [Change({"shoe_size": "43.5"}, live[0].id)])
    assert seen(portal, portal.type("contacts"), live[0].id)[0]["shoe_size"] == "43.5"
    for name in ("shoe_size", "firstname"):
        portal.remove_property(contacts, name)
        assert name not in every_name(portal.type("contacts"))
        portal.add_property(contacts, Property(name, name, "string", "text", "contactinformation"))
    for row in listed(portal, contacts, ["shoe_size", "firstname"]):
        assert (row["properties"]["shoe_size"], row["properties"]["firstname"]) == (None, None)
    assert not any({"shoe_size", "firstname"} & set(record.properties) for record in portal.truth(contacts))


def test_several_threads_write_without_losing_anything(portal: Portal, contacts: ObjectType) -> None:
    def create(thread: int) -> None:
        for number in range(5):
            portal.write(contacts, [Change({"email": f"{thread}-{number}@example.com"})])

    threads = [Thread(target=create, args=(number,)) for number in range(4)]
    before = ids(portal, contacts)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids(portal, contacts) - before) == 20
