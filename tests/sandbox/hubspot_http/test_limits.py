"""Limits, and what is told to whom reaches them. Time passes by the portal's clock alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.sandbox.hubspot_http.conftest import Api

CONTACTS = "/crm/v3/objects/contacts"
EDGES = "/crm/v4/associations/contacts/companies/labels"
USAGE = "/account-info/v3/api-usage/daily/private-apps"
Serve = Callable[..., Api]


def search(api: Api, **options: Any) -> Any:
    return api.post(f"{CONTACTS}/search", {"limit": 1}, **options)


@pytest.fixture
def oauth() -> Callable[[Api], str]:
    """Log in as the OAuth app."""

    def log_in(api: Api) -> str:
        form = "grant_type=refresh_token&client_id=SANDBOX.globex&client_secret=sandbox-secret-globex"
        reply = api.post("/oauth/v1/token", f"{form}&refresh_token=sandbox-refresh-globex".encode())
        return str(reply.json["access_token"])

    return log_in


def test_ten_seconds_roll(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=3)
    assert [api.get(CONTACTS).status for _ in range(4)] == [200, 200, 200, 429]
    api.portal.advance(10)
    assert api.get(CONTACTS).status == 200
    assert api.violations() == {"TEN_SECONDLY_ROLLING": 1}


def test_headers_tell_what_is_left(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=50, daily_requests=7)
    api.get(CONTACTS)
    told = api.get(CONTACTS).headers
    assert {name: told[f"x-hubspot-ratelimit-{name}"] for name in ("max", "remaining", "interval-milliseconds")} == {
        "max": "50",
        "remaining": "48",
        "interval-milliseconds": "10000",
    }
    assert (told["x-hubspot-ratelimit-daily"], told["x-hubspot-ratelimit-daily-remaining"]) == ("7", "5")
    assert (told["x-hubspot-ratelimit-secondly"], told["x-hubspot-ratelimit-secondly-remaining"]) == ("5", "3")


def test_the_body_of_a_429_is_hubspots(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=1)
    api.get(CONTACTS)
    refused = api.get(CONTACTS).json
    assert set(refused) == {"status", "message", "errorType", "correlationId", "policyName", "groupName"}
    assert refused["message"] == "You have reached your ten_secondly_rolling limit."
    assert (refused["errorType"], refused["policyName"]) == ("RATE_LIMIT", "TEN_SECONDLY_ROLLING")


@pytest.mark.parametrize(("every", "told"), [(0, 0), (1, 4), (2, 2)])
def test_some_refusals_say_how_long_to_wait(serve: Serve, every: int, told: int) -> None:
    api = serve(requests_per_10_seconds=1, retry_after_every=every)
    api.get(CONTACTS)
    waits = [api.get(CONTACTS).headers.get("retry-after") for _ in range(4)]
    assert len([wait for wait in waits if wait]) == told
    assert set(waits) <= {None, "9", "10"}


def test_search_is_limited_by_the_second_for_all_apps_and_tells_nothing(serve: Serve, oauth: Any) -> None:
    api = serve(searches_per_second=4, requests_per_10_seconds=1)
    token = oauth(api)
    assert [search(api).status, search(api).status, search(api, token=token).status] == [200] * 3
    assert not any("ratelimit" in name for name in search(api).headers)
    refused = search(api, token=token)
    assert (refused.status, refused.json["policyName"]) == (429, "SECONDLY")
    assert refused.json["message"] == "You have reached your secondly limit."
    assert not any("ratelimit" in name for name in refused.headers)
    api.portal.advance(1)
    assert search(api).status == 200
    assert api.get(CONTACTS).status == 200
    assert api.violations() == {"SECONDLY": 1}


def test_associations_have_limits_of_their_own(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=1, association_requests_per_10_seconds=2, daily_association_requests=9)
    assert [api.get(EDGES).status for _ in range(3)] == [200, 200, 429]
    told = api.get(CONTACTS).headers
    assert (told["x-hubspot-ratelimit-max"], told["x-hubspot-ratelimit-daily-remaining"]) == ("1", "624999")
    api.portal.advance(10)
    told = api.get(EDGES).headers
    assert (told["x-hubspot-ratelimit-max"], told["x-hubspot-ratelimit-daily-remaining"]) == ("2", "6")


def test_the_day_ends_at_midnight_where_the_account_is(serve: Serve) -> None:
    api = serve(daily_requests=2)
    assert [api.get(USAGE).status, search(api).status] == [200, 200]
    refused = api.get(CONTACTS)
    assert (refused.status, refused.json["policyName"]) == (429, "DAILY")
    assert refused.json["message"] == "You have reached your daily limit."
    assert refused.headers["x-hubspot-ratelimit-daily-remaining"] == "0"
    resets = datetime.fromisoformat(api_resets(serve(daily_requests=9)))
    api.portal.advance(resets.timestamp() - api.portal.now() / 1000 + 1)
    assert api.get(CONTACTS).status == 200
    assert api.violations() == {"DAILY": 1}


def api_resets(api: Api) -> str:
    told = api.get(USAGE).json["results"][0]
    assert (told["usageLimit"], told["fetchStatus"]) == (9, "SUCCESS")
    return str(told["resetsAt"])


def test_a_refused_call_does_not_count(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=1)
    for _ in range(5):
        api.get(CONTACTS)
    api.portal.advance(10)
    assert api.get(USAGE).json["results"][0]["currentUsage"] == 2


def test_an_oauth_app_has_no_daily_limit_and_asks_about_the_account_for_nothing(serve: Serve, oauth: Any) -> None:
    api = serve(oauth_requests_per_10_seconds=2, daily_requests=1)
    token = oauth(api)
    assert [api.get("/account-info/v3/details", token=token).status for _ in range(3)] == [200] * 3
    replies = [api.get(CONTACTS, token=token) for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[0].headers["x-hubspot-ratelimit-max"] == "2"
    assert "x-hubspot-ratelimit-daily" not in replies[0].headers
    assert api.get(CONTACTS).status == 200


def test_limits_can_be_set_out_of_the_way(serve: Serve) -> None:
    api = serve(requests_per_10_seconds=1_000_000)
    replies = [api.get(CONTACTS) for _ in range(250)]
    assert {reply.status for reply in replies} == {200}
    assert replies[0].headers["x-hubspot-ratelimit-max"] == "1000000"
    assert api.violations() == {}
