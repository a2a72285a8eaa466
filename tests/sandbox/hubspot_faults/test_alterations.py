"""A portal that is altered while it is served: properties, values and truth follow, until it is restored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from sandbox.cli import app

Ask = Callable[..., requests.Response]
Alter = Callable[..., requests.Response]
Truth = Callable[[str], list[dict[str, Any]]]
CONTACTS, PROPERTIES = "/crm/v3/objects/contacts", "/crm/v3/properties/contacts"


def type_of(ask: Ask, name: str) -> str | None:
    """The type of a property, None if there is no such."""
    known = {found["name"]: str(found["type"]) for found in ask("GET", PROPERTIES).json()["results"]}
    return known.get(name)


def values(ask: Ask, name: str) -> dict[str, str | None]:
    """The values of a property in the first records, by id."""
    rows = ask("GET", CONTACTS, params={"limit": "50", "properties": name}).json()["results"]
    return {row["id"]: row["properties"].get(name) for row in rows}


def test_a_property_vanishes_and_is_there_again_with_its_values(ask: Ask, alter: Alter, restore: Any) -> None:
    before = values(ask, "email")
    alter("vanish", object="contact", property="email")
    assert type_of(ask, "email") is None
    assert set(values(ask, "email").values()) == {None}
    restore("vanish")
    assert type_of(ask, "email")
    assert values(ask, "email") == before


@pytest.mark.parametrize("kind", ["string", "number", "bool"])
def test_a_property_appears_with_the_same_values_by_every_way(ask: Ask, alter: Alter, truth: Truth, kind: str) -> None:
    alter("appear", object="contacts", property="surprise", type=kind)
    assert type_of(ask, "surprise") == kind
    listed = values(ask, "surprise")
    assert {None} < set(listed.values())
    wanted = {"inputs": [{"id": name} for name in listed], "properties": ["surprise"]}
    read = ask("POST", f"{CONTACTS}/batch/read", json=wanted)
    assert {row["id"]: row["properties"].get("surprise") for row in read.json()["results"]} == listed
    known = {str(row["id"]): row["properties"].get("surprise") for row in truth("contacts")}
    assert {name: known[name] for name in listed} == listed


def test_a_property_has_another_type_and_values_to_match(ask: Ask, alter: Alter) -> None:
    before = values(ask, "email")
    alter("retype", object="contacts", property="email", type="number")
    assert type_of(ask, "email") == "number"
    assert any(before.values())
    assert set(values(ask, "email").values()) == {None}


def test_a_type_is_hidden_from_the_apps(ask: Ask, alter: Alter, restore: Any) -> None:
    alter("hide", object="deals")
    reply = ask("GET", "/crm/v3/objects/deals")
    assert (reply.status_code, reply.json()["category"]) == (403, "MISSING_SCOPES")
    assert ask("GET", CONTACTS).status_code == 200
    restore()
    assert ask("GET", "/crm/v3/objects/deals").status_code == 200


def test_a_property_may_be_required_or_have_few_values(ask: Ask, alter: Alter, restore: Any) -> None:
    alter("require", object="calls", property="hs_call_title")
    alter("restrict", object="calls", property="hs_call_source", values=["CRM_UI"])

    def made(**more: str) -> requests.Response:
        values = {"hs_timestamp": "2026-11-29T08:00:00Z", **more}
        return ask("POST", "/crm/v3/objects/calls", json={"properties": values})

    refused = made().json()
    assert (refused["category"], refused["context"]["properties"]) == ("VALIDATION_ERROR", ["hs_call_title"])
    assert "INVALID_OPTION" in made(hs_call_title="x", hs_call_source="MOBILE_APP").text
    assert made(hs_call_title="x", hs_call_source="CRM_UI").status_code == 201
    restore("require")
    assert made().status_code == 201


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"kind": "hide", "object": "nope"}, "the portal globex has no type nope"),
        ({"kind": "vanish", "object": "contacts", "property": "nope"}, "contacts has no nope"),
        ({"kind": "appear", "object": "contacts", "property": "email"}, "contacts has already email"),
        ({"kind": "vanish", "object": "contacts", "property": "lastmodifieddate"}, "cannot be altered"),
        ({"kind": "retype", "object": "contacts", "property": "email", "type": "date"}, "retype.type: "),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(control: Any, wish: dict[str, str], sentence: str) -> None:
    reply = control("/control/portals/globex/alterations", "POST", wish)
    assert reply.status_code == 400
    assert sentence in reply.json()["error"]


def test_a_portal_that_is_not_there_cannot_be_altered(control: Any) -> None:
    reply = control("/control/portals/nobody/alterations", "POST", {"kind": "hide", "object": "deals"})
    assert (reply.status_code, reply.json()) == (404, {"error": "there is no portal 'nobody'"})


def test_a_portal_is_altered_and_restored_on_the_command_line(sandbox: Any, ask: Ask) -> None:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--portal", "globex", "--state", str(sandbox.state)])

    told = run("alter", "vanish", "object=contacts", "property=email")
    assert [json.loads(line)["kind"] for line in told.stdout.splitlines()] == ["vanish"]
    assert type_of(ask, "email") is None
    assert run("restore").exit_code == 0
    assert type_of(ask, "email")
    told = run("alter", "hide", "object=nope")
    assert (told.exit_code, "The portal globex was not altered: " in told.stderr) == (2, True)
