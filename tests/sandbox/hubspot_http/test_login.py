"""Tokens: of a private app, of an OAuth app, and of nobody."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.sandbox.hubspot_http.conftest import PRIVATE, Api, Got

CONTACTS = "/crm/v3/objects/contacts"
FORM = {
    "grant_type": "refresh_token",
    "client_id": "SANDBOX.globex",
    "client_secret": "sandbox-secret-globex",
    "refresh_token": "sandbox-refresh-globex",
}


def log_in(api: Api, path: str = "/oauth/v1/token", **changes: str) -> Got:
    return api.post(path, urlencode(FORM | changes).encode(), token="")


@pytest.mark.parametrize("path", ["/oauth/v1/token", "/oauth/v3/token", "/oauth/2026-03/token"])
def test_a_refresh_token_gives_an_access_token_for_half_an_hour(api: Api, path: str) -> None:
    reply = log_in(api, path).json
    assert {"token_type": "bearer", "expires_in": 1800, "hub_id": api.portal.hub_id}.items() <= reply.items()
    assert api.get(CONTACTS, token=reply["access_token"]).status == 200
    about = api.get(f"/oauth/v1/access-tokens/{reply['access_token']}", token="").json
    assert (about["token_type"], about["hub_id"]) == ("access", api.portal.hub_id)
    assert 1790 <= about["expires_in"] <= 1800


def test_a_code_gives_tokens_too(api: Api) -> None:
    reply = log_in(api, grant_type="authorization_code", code="sandbox-code-globex", redirect_uri="https://x.example")
    assert reply.json["refresh_token"] == FORM["refresh_token"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"client_id": "SANDBOX.other"}, "BAD_CLIENT_ID"),
        ({"client_secret": "wrong"}, "BAD_CLIENT_ID"),
        ({"refresh_token": "wrong"}, "BAD_REFRESH_TOKEN"),
        ({"grant_type": "password"}, "BAD_GRANT_TYPE"),
        ({"grant_type": "authorization_code"}, "BAD_AUTH_CODE"),
    ],
)
def test_a_wrong_grant_is_named(api: Api, change: dict[str, str], status: str) -> None:
    refused = log_in(api, **change)
    assert (refused.status, refused.json["status"]) == (400, status)


def test_a_token_expires_by_the_portals_clock(serve: Any) -> None:
    api = serve(token_seconds=60)
    token = log_in(api).json["access_token"]
    assert api.get(CONTACTS, token=token).status == 200
    api.portal.advance(61)
    refused = api.get(CONTACTS, token=token)
    assert (refused.status, refused.json["category"]) == (401, "EXPIRED_AUTHENTICATION")
    assert api.get(f"/oauth/v1/access-tokens/{token}", token="").status == 404
    assert api.get(CONTACTS).status == 200


@pytest.mark.parametrize("token", ["", "nobody", "pat-sandbox-other"])
def test_a_token_of_nobody_is_refused(api: Api, token: str) -> None:
    refused = api.get(CONTACTS, token=token)
    assert (refused.status, refused.json["category"]) == (401, "INVALID_AUTHENTICATION")


def test_a_refresh_token_that_was_deleted_gives_nothing_more(serve: Any, tmp_path: Any) -> None:
    path = f"/oauth/v1/refresh-tokens/{FORM['refresh_token']}"
    assert serve().get(path, token="").json["client_id"] == FORM["client_id"]
    assert serve()("DELETE", path, token="").status == 204
    assert log_in(serve()).json["status"] == "BAD_REFRESH_TOKEN"


def test_a_refresh_token_that_rotates_is_good_for_its_grace_after_its_use(serve: Any) -> None:
    api = serve(refresh_grace=60)
    second = log_in(api).json["refresh_token"]
    assert second != FORM["refresh_token"]
    assert log_in(api).json["refresh_token"] not in {second, FORM["refresh_token"]}
    assert log_in(api, refresh_token=second).status == 200
    api.portal.advance(61)
    assert log_in(api).json["status"] == "BAD_REFRESH_TOKEN"


def test_a_refresh_token_that_is_used_up_and_comes_again_ends_all_tokens_of_the_app_but_new_consent_helps(
    serve: Any,
) -> None:
    first = log_in(serve(refresh_grace=0)).json
    api = serve(refresh_grace=0)  # Started anew: what a portal's tokens are is durable.
    assert api.get(CONTACTS, token=first["access_token"]).status == 200
    assert log_in(api).json["status"] == "BAD_REFRESH_TOKEN"
    assert api.get(CONTACTS, token=first["access_token"]).json["category"] == "EXPIRED_AUTHENTICATION"
    assert log_in(api, refresh_token=first["refresh_token"]).json["status"] == "BAD_REFRESH_TOKEN"
    consent = log_in(api, grant_type="authorization_code", code="sandbox-code-globex").json
    assert log_in(api, refresh_token=consent["refresh_token"]).status == 200
    assert api.get(CONTACTS).status == 200


def test_a_private_app_is_told_about_its_token(api: Api) -> None:
    told = api.post("/oauth/v2/private-apps/get/access-token-info", {"tokenKey": PRIVATE}, token="").json
    assert told["hubId"] == api.portal.hub_id
    assert "crm.objects.contacts.read" in told["scopes"]


def test_logins_are_counted_and_replies_are_dated_by_the_portals_clock(api: Api) -> None:
    log_in(api)
    assert api.counters.snapshot()["requests"]["globex"] == {"login": 1}
    assert api.get(CONTACTS).headers["date"].endswith(" GMT")
