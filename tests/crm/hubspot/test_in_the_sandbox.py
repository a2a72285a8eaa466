"""The whole line to a portal of the sandbox: proxy, certificate, tokens, limits as they are told."""

from datetime import timedelta

import pytest

from nooks_dagster.crm.access.keys import OwnKeys
from nooks_dagster.crm.access.throttle import Throttle, Unthrottled
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.credentials import Credentials
from nooks_dagster.crm.hubspot.kind import HUBSPOT
from nooks_dagster.crm.hubspot.session import SEARCH, Session
from nooks_dagster.failures import Permanent, Unauthorized
from tests.crm.salesforce.world import World
from tests.crm.throttles import Recorder
from tests.sandbox.process import RATES

KEY = {"access_token": "pat-sandbox-globex"}
APP = {
    "client_id": "SANDBOX.globex",
    "client_secret": "sandbox-secret-globex",
    "refresh_token": "sandbox-refresh-globex",
}


def opened(secret: dict[str, str], throttle: Throttle | None = None) -> Session:
    return Session(Credentials.read(secret), "globex-hubspot", throttle or Unthrottled(), sleep=lambda _: None)


@pytest.mark.parametrize(("secret", "rate"), [(KEY, "requests"), (APP, "oauth_requests")], ids=["key", "app"])
def test_either_way_in_leads_to_the_portal_and_tells_its_limits(
    world: World, secret: dict[str, str], rate: str
) -> None:
    throttle = Recorder()
    session = opened(secret, throttle)
    assert session.hub_id == opened(KEY).hub_id
    session.get(paths.objects("contacts"), kind="list")
    assert throttle.rates[-1] == ("api", RATES[f"{rate}_per_10_seconds"], timedelta(seconds=10))
    assert bool(throttle.told) is (secret == KEY)


def test_no_rate_is_told_of_a_search(world: World) -> None:
    throttle = Recorder()
    found = opened(KEY, throttle).post(paths.search("contacts"), {"limit": 1}, kind="search", family=SEARCH)
    assert found.json()["total"] > 0
    assert (throttle.families, throttle.rates, throttle.told) == (["search"], [], [])


def test_a_batch_names_what_it_misses(world: World) -> None:
    body = {"inputs": [{"id": "1"}], "properties": ["email"]}
    reply = opened(KEY).post(paths.batch_read("contacts"), body, kind="batch_read")
    assert reply.json()["errors"][0]["context"] == {"ids": ["1"]}


def test_dated_addresses_lead_to_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(KEY)
    numbered = session.get(paths.objects("contacts"), kind="list").json()["results"]
    monkeypatch.setattr(paths, "DATED", "2026-09")
    assert session.get(paths.objects("contacts"), kind="list").json()["results"] == numbered


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ({"access_token": "pat-sandbox-nobody"}, "token was refused"),
        ({**APP, "client_secret": "sandbox-secret-other"}, "belong together"),
        ({**APP, "refresh_token": "sandbox-refresh-other"}, "refresh token was refused"),
    ],
)
def test_credentials_that_are_wrong_are_told_apart(world: World, secret: dict[str, str], words: str) -> None:
    with pytest.raises(Unauthorized, match=words):
        _ = opened(secret).hub_id


def test_a_question_that_is_wrong_is_a_defect(world: World) -> None:
    with pytest.raises(Permanent, match="INVALID_LIMIT"):
        opened(KEY).get(paths.objects("contacts"), kind="list", params=[("limit", "1000")])


def test_a_look_at_the_portal_finds_its_objects(world: World) -> None:
    found = HUBSPOT.inspect("globex-hubspot", OwnKeys(KEY), Unthrottled())
    assert found.account == f"portal {opened(KEY).hub_id}"
    assert found.rows["contacts"] > 100
    assert {"companies", "contacts", "leads", "deals", "calls", "meetings", "owners"} <= set(found.objects)
    assert found.missing == {}


def test_a_range_of_ids_is_counted_and_listed_without_archived_records(world: World) -> None:
    connector = HubSpotConnector(opened(KEY))
    source = connector.describe("contacts")
    truth = world.truth("contacts", "globex")
    alive = sorted((r["id"] for r in truth if not r["archived"]), key=int)
    assert len(alive) < len(truth)
    low, high = alive[10], alive[-10]
    for borders, wanted in (((None, None), alive), ((low, high), alive[10:-10])):
        assert connector.count(source, *borders) == len(wanted)
        assert [record for page in connector.ids(source, *borders) for record in page] == wanted
    assert connector.count(connector.describe("deal_pipelines"), None, "default") is None
