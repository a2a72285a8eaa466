"""The folder of orgs: whole or not there, and seen by every process that looks on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.salesforce.ids import to18
from sandbox.salesforce.org import SoqlError
from sandbox.salesforce.orgs import Orgs


def test_an_org_made_by_one_process_is_seen_by_another_that_looks_on(tmp_path: Path) -> None:
    looking, making = Orgs(tmp_path), Orgs(tmp_path)
    assert looking.names() == []
    making.create_generated("acme", 10, 1)
    assert looking.names() == ["acme"]
    assert looking.get("acme") is looking.get("acme")
    assert list(looking.get("acme").truth("Account")) == list(making.get("acme").truth("Account"))


def test_an_export_loaded_again_replaces_the_org_under_a_running_server(tmp_path: Path) -> None:
    looking, export = Orgs(tmp_path), tmp_path / "export"
    export.mkdir()
    (export / "Account.csv").write_text(f"Id,Name\n{to18('001Hp00000005Ca')},Old\n")
    Orgs(tmp_path).load_export("real", export)
    old = looking.get("real")
    (export / "Account.csv").write_text(f"Id,Name,New__c\n{to18('001Hp00000005Ca')},New,1\n")
    Orgs(tmp_path).load_export("real", export)
    assert [row["Name"] for row in old.truth("Account")] == ["Old"]
    assert [row["New__c"] for row in looking.get("real").truth("Account")] == [1]


def test_an_org_is_not_replaced_by_another_of_its_name(tmp_path: Path) -> None:
    orgs = Orgs(tmp_path)
    orgs.create_generated("acme", 10, 1)
    orgs.create_generated("acme", 10, 1)
    with pytest.raises(ValueError, match="org acme exists and is another"):
        orgs.create_generated("acme", 10, 2)
    with pytest.raises(ValueError, match="exists and is generated"):
        orgs.load_export("acme", tmp_path)


def test_an_org_whose_making_was_killed_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "orgs" / "half").mkdir(parents=True)
    (tmp_path / "orgs" / "half" / ".org.json.123").write_text('{"kind": "gen')
    orgs = Orgs(tmp_path)
    assert orgs.names() == []
    with pytest.raises(KeyError):
        orgs.get("half")
    assert orgs.create_generated("half", 10, 1).count("User") == 5


@pytest.mark.parametrize("name", ["", "Acme", "a.b", "-a", "a_b", "../up", "x" * 64])
def test_a_name_that_is_no_host_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a host name"):
        Orgs(tmp_path).create_generated(name, 10, 1)
    with pytest.raises(KeyError):
        Orgs(tmp_path).get(name)


@pytest.mark.parametrize("accounts", [0, -1, 40_000_001])
def test_a_world_of_no_size_or_too_large_is_refused(tmp_path: Path, accounts: int) -> None:
    with pytest.raises(ValueError, match="choose between 1 and 40,000,000"):
        Orgs(tmp_path).create_generated("acme", accounts, 1)


def test_the_orgs_clock_is_behind_by_its_skew_also_after_a_restart(tmp_path: Path) -> None:
    Orgs(tmp_path).create_generated("usual", 10, 1)
    Orgs(tmp_path).create_generated("ahead", 10, 1, skew=timedelta(minutes=-3))
    usual, ahead = (Orgs(tmp_path).get(name) for name in ("usual", "ahead"))
    assert abs(datetime.now(UTC) - timedelta(minutes=7) - usual.now()) < timedelta(seconds=60)
    assert abs(datetime.now(UTC) + timedelta(minutes=3) - ahead.now()) < timedelta(seconds=60)
    assert usual.covered_until() <= usual.now()


def test_an_unknown_object_is_not_found(tmp_path: Path) -> None:
    org = Orgs(tmp_path).create_generated("acme", 10, 1)
    with pytest.raises(SoqlError, match="NOT_FOUND"):
        org.sobject("Nothing")
    assert org.sobject("territory_plan__C").name == "Territory_Plan__c"
