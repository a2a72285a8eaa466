"""A first look at a portal, and what the platform knows of HubSpot before it."""

from collections.abc import Callable

import pytest

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.connectors import kind_of
from nooks_dagster.crm.hubspot import kind
from nooks_dagster.crm.hubspot.kind import HUBSPOT
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.failures import Permanent, Unauthorized
from tests.crm.hubspot.conftest import OpenSession
from tests.crm.hubspot.fake_portal import APP, KEY, FakePortal
from tests.crm.scripted import Answer, Asked

FORBIDDEN = Answer({"status": "error", "category": "MISSING_SCOPES"}, 403)
PROPERTIES = Answer({"results": [{"name": "hs_object_id", "type": "number"}]})


@pytest.fixture
def _scripted(open_session: OpenSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(_credentials: object, _subject: str, throttle: Unthrottled, *, keys: OwnKeys) -> Session:
        return open_session(throttle)

    monkeypatch.setattr(kind, "Session", opened)


def portal_without(*hidden: str, searchable: bool = True) -> Callable[[Asked], Answer | None]:
    def rule(asked: Asked) -> Answer | None:
        path = asked.path.partition("?")[0]
        if any(part in hidden for part in path.split("/")):
            return FORBIDDEN
        if path.endswith("/details"):
            return Answer({"portalId": 4711, "timeZone": "US/Eastern"})
        if path.endswith("/search"):
            return Answer({"total": 12, "results": []}) if searchable else Answer({"category": "VALIDATION_ERROR"}, 400)
        return PROPERTIES if "/properties/" in path else Answer({"results": []})

    return rule


@pytest.mark.usefixtures("_scripted")
def test_a_look_tells_the_portal_its_objects_and_their_rows(portal: FakePortal) -> None:
    portal.rule = portal_without()
    found = HUBSPOT.inspect("globex-hubspot", OwnKeys(KEY), Unthrottled())
    assert found.account == "portal 4711"
    assert (found.objects["contacts"], found.rows["contacts"]) == ("contacts", 12)
    assert found.objects["owners"] == "users"
    assert found.missing == {}
    assert found.calls == len(portal.asked)


@pytest.mark.usefixtures("_scripted")
def test_a_look_names_the_scope_that_is_missing(portal: FakePortal) -> None:
    portal.rule = portal_without("leads", "owners", "calls", searchable=False)
    found = HUBSPOT.inspect("globex-hubspot", OwnKeys(KEY), Unthrottled())
    assert "crm.objects.leads.read" in found.missing["leads"]
    assert "crm.objects.owners.read" in found.missing["owners"]
    assert "crm.objects.contacts.read" in found.missing["calls"]
    assert set(found.missing) == {"leads", "owners", "calls"}
    assert found.rows == {}


@pytest.mark.usefixtures("_scripted")
def test_an_app_that_may_read_nothing_is_refused(portal: FakePortal) -> None:
    portal.rule = portal_without("properties", "schemas", "owners", "pipelines")
    with pytest.raises(Permanent, match=r"crm\.objects\.companies\.read"):
        HUBSPOT.inspect("globex-hubspot", OwnKeys(KEY), Unthrottled())


@pytest.mark.usefixtures("_scripted")
def test_a_token_that_is_refused_is_told_at_once(portal: FakePortal) -> None:
    portal.rule = lambda _: Answer({"category": "INVALID_AUTHENTICATION"}, 401)
    with pytest.raises(Unauthorized):
        HUBSPOT.inspect("globex-hubspot", OwnKeys(KEY), Unthrottled())
    assert len(portal.asked) == 2


def test_every_variable_leads_to_a_credential() -> None:
    assert set(HUBSPOT.variables.values()) == {*KEY, *APP}
    assert kind_of("hubspot") is HUBSPOT
    with pytest.raises(Permanent, match="incomplete"):
        HUBSPOT.check({})
