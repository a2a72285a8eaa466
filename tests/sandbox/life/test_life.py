"""A world that lives: the same for the same seed, bounded, and told by every way of asking."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from typer.testing import CliRunner

from sandbox.cli import app
from sandbox.hubspot.model import Search
from sandbox.hubspot.portals import Portals
from sandbox.life.control import life_commands
from sandbox.life.life import Life
from sandbox.life.pace import Pace
from sandbox.salesforce.orgs import Orgs
from tests.sandbox.process import PROJECT, Sandbox

PACE = Pace(late_seconds=4, long_seconds=20, alter_every=90)
BY_CLOCK = {"SystemModstamp", "LastModifiedDate", "CreatedDate", "createdate", "hs_createdate"}
BY_CLOCK |= {"lastmodifieddate", "hs_lastmodifieddate"}


def a_world(state: Path) -> tuple[Orgs, Portals]:
    orgs, portals = Orgs(state), Portals(state)
    orgs.create_generated("acme", 60, seed=1)
    portals.create_generated("globex", 40, seed=1)
    return orgs, portals


def live(state: Path, steps: int, *, settle: bool = False, seed: int = 7) -> None:
    orgs, portals = Orgs(state), Portals(state)
    life = Life((orgs, ["acme"]), (portals, ["globex"]), seed, PACE)
    life.step(steps)
    if settle:
        life.settle()


def all_there_is(state: Path) -> dict[str, list[Any]]:
    """Every record, but for when something happened to it."""
    org, portal = Orgs(state).get("acme"), Portals(state).get("globex")
    rows: dict[str, list[Any]] = {kind.name: list(org.truth(kind.name)) for kind in org.sobjects()}
    for kind in portal.types():
        records = portal.truth(kind)
        rows[kind.name] = [{**each.properties, "archived": each.archived_at is not None} for each in records]
    rows["owners"] = [{"id": owner.id, "archived": owner.archived} for owner in portal.owners()]
    return {
        name: [{field: value for field, value in row.items() if field not in BY_CLOCK} for row in table]
        for name, table in rows.items()
    }


def test_the_same_seed_and_number_of_steps_are_the_same_changes_in_one_go_or_not(tmp_path: Path) -> None:
    for name in ("at once", "in pieces", "another seed"):
        a_world(tmp_path / name)
    live(tmp_path / "at once", 400, settle=True)
    live(tmp_path / "in pieces", 150)
    live(tmp_path / "in pieces", 250, settle=True)
    live(tmp_path / "another seed", 400, settle=True, seed=8)
    assert all_there_is(tmp_path / "at once") == all_there_is(tmp_path / "in pieces")
    assert all_there_is(tmp_path / "at once") != all_there_is(tmp_path / "another seed")


def test_after_a_life_every_way_of_reading_tells_the_truth(tmp_path: Path) -> None:
    orgs, portals = a_world(tmp_path)
    live(tmp_path, 500, settle=True)
    org, portal = orgs.get("acme"), portals.get("globex")
    for sobject in org.sobjects():
        truth = list(org.truth(sobject.name))
        names = [field.name for field in sobject.fields if field.type != "address"]
        query = org.query(f"SELECT {', '.join(names)} FROM {sobject.name}", include_deleted=True)
        rows = query.page(None, 10_000).rows
        assert rows == [{name: row[name] for name in names} for row in truth]
        assert query.total_size == len(truth)
        assert org.count(sobject.name) == sum(not row["IsDeleted"] for row in truth)
        texts = query.texts(None, 10_000)
        assert texts.columns[names.index("Id")].to_pylist() == [row["Id"] for row in truth]
    portal.advance(10)
    for kind in portal.types():
        living = [record for record in portal.truth(kind) if record.archived_at is None]
        names = [made.name for made in kind.properties]
        listed = portal.page(kind, 0, 10_000, names, archived=False)
        assert list(listed.ids) == [record.id for record in living]
        told = [{n: v for n, v in json.loads(text)["properties"].items() if v is not None} for text in listed.texts]
        assert told == [record.properties for record in living]
        assert portal.search(kind, Search(), 0, 1, ()).total == len(living)


def test_a_life_has_everything_in_it_that_may_happen(tmp_path: Path) -> None:
    orgs, portals = a_world(tmp_path)
    before = {row["Id"] for row in orgs.get("acme").truth("Contact")}
    live(tmp_path, 600)
    org, portal = orgs.living("acme"), portals.living("globex")
    assert (org.steps(), portal.steps()) == (600, 600)
    states = {(row.state, row.deleted) for rows in org.overlay.rows.values() for row in rows.around(0)}
    assert states == {("seen", False), ("seen", True), ("unseen", False), ("purged", True)}
    contacts = {row["Id"]: row for row in orgs.get("acme").truth("Contact")}
    assert before - set(contacts)
    assert set(contacts) - before
    assert any(row["MasterRecordId"] for row in contacts.values() if row["IsDeleted"])
    assert org.overlay.open
    assert any(portal.merged(kind) for kind in portal.types())
    assert {"Added_7__c"} <= {field.name for field in orgs.get("acme").sobject("Contact").fields}


def test_the_command_lets_a_served_world_live_and_a_kill_of_both_loses_nothing(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path / "state", "--accounts", "60", "--org", "acme", "--portal", "globex=40")
    try:
        command = [sys.executable, "-m", "sandbox", "world", "--state", str(sandbox.state), "--rate", "200"]
        killed = subprocess.Popen([*command, "--no-settle"], cwd=PROJECT, stdout=subprocess.PIPE)
        orgs = Orgs(sandbox.state)
        while orgs.living("acme").steps() < 20:
            assert killed.poll() is None
        sandbox.kill()
        killed.kill()
        killed.communicate()
        sandbox.start()
        done = orgs.living("acme").steps()
        told = sandbox.control("/control/world", "POST", {"steps": 30, "orgs": ["acme"], "settle": True})
        assert told.json() == {"steps": done + 30}
        assert orgs.living("acme").steps() == done + 30
        before = orgs.get("acme").now()
        assert sandbox.control("/control/orgs/acme/clock", "POST", {"advance_seconds": 600}).status_code == 204
        assert (orgs.get("acme").now() - before).total_seconds() >= 600
        assert sandbox.control("/control/orgs/nobody/clock", "POST", {"advance_seconds": 600}).status_code == 404
        assert sandbox.control("/control/orgs/acme/clock", "POST", {"seconds": 600}).status_code == 400
    finally:
        sandbox.kill()


def test_the_command_ends_after_its_steps_and_lets_all_stand_still(tmp_path: Path) -> None:
    orgs, _ = a_world(tmp_path)
    living = orgs.living("acme")
    living.begin(until=1_000)
    told = CliRunner().invoke(app, ["world", "--state", str(tmp_path), "--steps", "7", "--rate", "1000"]).output
    assert told == "Seed 1: 1000 changes a second.\n7 changes in each org and portal; all stands still.\n"
    assert (living.steps(), living.overlay.open) == (7, {})


@pytest.mark.parametrize(
    ("wish", "status"),
    [({"steps": -1}, 400), ({"pace": {"rate": 0}}, 400), ({"orgs": ["nobody"]}, 404), ({"step": 1}, 400)],
)
def test_a_wish_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, wish: Any, status: int) -> None:
    orgs, portals = a_world(tmp_path)
    reply = TestClient(Starlette(routes=life_commands(orgs, portals))).post("/control/world", json=wish)
    assert (reply.status_code, bool(reply.json()["error"])) == (status, True)
