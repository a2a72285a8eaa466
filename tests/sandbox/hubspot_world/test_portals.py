"""The folder of portals: durable, and seen by every process that looks on."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from sandbox.hubspot.model import Change, Edge, Property, Search
from sandbox.hubspot.portal import Portal
from sandbox.hubspot.portals import Portals


def everything(portal: Portal) -> list[object]:
    told: list[object] = [portal.types(), portal.owners(), portal.hub_id]
    for kind in portal.types():
        records = list(portal.truth(kind))
        told += [records, portal.merged(kind)]
        told += [portal.associated(kind, [r.id for r in records], portal.type(name)) for name in kind.associated]
    return told


def test_everything_that_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    portal = Portals(tmp_path).create_generated("globex", 30, 1)
    contacts, companies = portal.type("contacts"), portal.type("companies")
    live = [record.id for record in portal.truth(contacts) if not record.archived_at]
    portal.write(contacts, [Change({"firstname": 'Ünï "🚀"\n'}, live[0]), Change({"firstname": "New"})])
    portal.archive(contacts, live[1:3])
    portal.restore(contacts, live[1:2])
    portal.merge(contacts, live[4], live[5])
    portal.erase(contacts, live[6])
    portal.associate(contacts, live[7], companies, Edge(next(portal.truth(companies)).id, ()))
    portal.add_property(contacts, Property("size", "Size", "enumeration", "select", "x", ("S", "M"), unique=True))
    portal.remove_property(contacts, "fax")
    portal.advance(86_400)
    portal.set_index_lag(1_000)
    again = Portals(tmp_path).get("globex")
    assert everything(again) == everything(portal)
    assert again.now() - portal.now() == pytest.approx(0, abs=60_000)
    assert again.search(contacts, Search(), 0, 1, []).total == portal.search(contacts, Search(), 0, 1, []).total


def test_what_another_process_makes_and_writes_is_seen(tmp_path: Path) -> None:
    looking, making = Portals(tmp_path), Portals(tmp_path)
    assert looking.names() == []
    one = making.create_generated("globex", 10, 1)
    assert looking.names() == ["globex"]
    other = looking.get("globex")
    assert other is looking.get("globex")
    contacts = one.type("contacts")
    for portal, name in ((one, "first"), (other, "second"), (one, "third")):
        portal.write(contacts, [Change({"firstname": name})])
    assert list(one.truth(contacts)) == list(other.truth(contacts))
    assert [record.properties.get("firstname") for record in other.truth(contacts)][-3:] == ["first", "second", "third"]
    one.advance(1_000)
    assert one.now() == pytest.approx(other.now(), abs=60_000)


def test_a_portal_is_not_replaced_by_another_of_its_name(tmp_path: Path) -> None:
    portals = Portals(tmp_path)
    made = portals.create_generated("globex", 10, 1)
    assert portals.create_generated("globex", 10, 1) is made
    with pytest.raises(ValueError, match="portal globex exists and is another"):
        portals.create_generated("globex", 10, 2)
    with pytest.raises(ValueError, match="choose between 1 and 3,000,000"):
        portals.create_generated("huge", 3_000_001, 1)
    for name in ("", "Globex", "a.b", "../up"):
        with pytest.raises(ValueError, match="cannot be a host name"):
            portals.create_generated(name, 10, 1)
        with pytest.raises(KeyError):
            portals.get(name)


def test_two_portals_of_one_seed_have_the_same_records_and_other_numbers(tmp_path: Path) -> None:
    one, other = (Portals(tmp_path).create_generated(name, 10, 1) for name in ("one", "other"))
    assert one.hub_id != other.hub_id
    for kind, its in zip(one.types(), other.types(), strict=True):
        assert list(one.truth(kind)) == list(other.truth(its))


def test_the_portals_clock_is_behind_by_its_skew(tmp_path: Path) -> None:
    usual = Portals(tmp_path).create_generated("usual", 10, 1)
    ahead = Portals(tmp_path).create_generated("ahead", 10, 1, skew=timedelta(minutes=-3))
    assert usual.now() == pytest.approx((time.time() - 420) * 1_000, abs=60_000)
    assert ahead.now() == pytest.approx((time.time() + 180) * 1_000, abs=60_000)
