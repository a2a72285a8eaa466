"""Reading a secret."""

import pytest

from nooks_dagster.crm.hubspot.credentials import Credentials, belongs_to_sandbox
from nooks_dagster.failures import Permanent
from tests.crm.hubspot.fake_portal import APP, KEY


def test_a_token_alone_is_a_way_in() -> None:
    assert Credentials.read({"access_token": " pat-na1-hush\n"}).access_token == "pat-na1-hush"
    assert Credentials.read(KEY).flow == "access token"


def test_an_app_with_a_refresh_token_is_a_way_in() -> None:
    assert Credentials.read(APP).flow == "refresh token"


def test_a_token_that_was_given_needs_no_app() -> None:
    assert Credentials.read({**KEY, **APP}).flow == "access token"


@pytest.mark.parametrize("missing", [*APP])
def test_incomplete_credentials_say_what_is_needed(missing: str) -> None:
    with pytest.raises(Permanent, match=r"access_token .* client_id, client_secret and refresh_token"):
        _ = Credentials.read({**APP, missing: ""}).flow


@pytest.mark.parametrize("text", ["pat na1", "pat\r\nHost: x", "pät"])
def test_what_cannot_be_a_token_is_refused_unseen(text: str) -> None:
    with pytest.raises(Permanent, match="access_token cannot be one") as caught:
        Credentials.read({"access_token": text})
    assert text not in str(caught.value)


def test_secrets_do_not_show() -> None:
    assert repr(Credentials.read({**KEY, **APP})) == "Credentials()"


@pytest.mark.parametrize(
    ("secret", "verdict"),
    [
        ({"access_token": "pat-sandbox-globex"}, True),
        ({"client_id": "SANDBOX.globex", "client_secret": "sandbox-secret-globex"}, True),
        ({"access_token": "pat-na1-hush"}, False),
        ({**APP}, False),
        ({"access_token": "pat-sandbox-globex", **APP}, None),
        ({"client_id": "SANDBOX.globex", "client_secret": "s3cret"}, None),
    ],
)
def test_credentials_of_the_sandbox_are_told_by_their_look(secret: dict[str, str], verdict: bool | None) -> None:
    assert belongs_to_sandbox(secret) is verdict
