"""Reading a secret."""

import pytest

from nooks_dagster.crm.salesforce.credentials import Credentials, belongs_to_sandbox, normal_domain
from nooks_dagster.failures import Permanent

APP = {"consumer_key": "key", "consumer_secret": "hush"}
USER = {"username": "ann@acme.com", "password": "hush", "security_token": "tok"}


@pytest.mark.parametrize(
    "text",
    [
        "acme.my",
        " ACME.my ",
        "acme.my.salesforce.com",
        "https://acme.my.salesforce.com/",
        "https://acme.lightning.force.com/lightning/page/home",
    ],
)
def test_a_domain_is_understood_however_it_was_copied(text: str) -> None:
    assert normal_domain(text) == "acme.my"


@pytest.mark.parametrize("text", ["", "acme my", "https://", "ac'me", "-acme"])
def test_what_cannot_be_a_domain_is_refused(text: str) -> None:
    with pytest.raises(Permanent, match=r"acme\.my"):
        normal_domain(text)


def test_an_app_alone_means_client_credentials() -> None:
    credentials = Credentials.read({**APP, "domain": "acme.my"})
    assert credentials.flow == "client credentials"
    assert credentials.login_arguments == {**APP, "domain": "acme.my"}


def test_a_user_alone_means_the_soap_login_with_the_token_apart() -> None:
    credentials = Credentials.read(USER)
    assert credentials.flow == "password"
    assert credentials.login_arguments == {**USER, "domain": "login"}


def test_a_user_with_an_app_means_oauth_with_the_token_behind_the_password() -> None:
    arguments = Credentials.read({**USER, **APP}).login_arguments
    assert arguments == {**APP, "domain": "login", "username": "ann@acme.com", "password": "hushtok"}


def test_a_user_with_a_key_means_a_signed_token() -> None:
    secret = {"username": "ann@acme.com", "consumer_key": "key", "privatekey": "PEM"}
    assert Credentials.read(secret).flow == "signed token"
    assert Credentials.read(secret).login_arguments == {**secret, "domain": "login"}


@pytest.mark.parametrize("secret", [{}, {"username": "ann@acme.com"}, {"consumer_key": "key"}])
def test_incomplete_credentials_say_what_is_needed(secret: dict[str, str]) -> None:
    with pytest.raises(Permanent, match="consumer_key, consumer_secret and domain"):
        _ = Credentials.read(secret).flow


def test_client_credentials_at_the_shared_login_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(Permanent, match=r"--domain acme\.my"):
        _ = Credentials.read(APP).flow


def test_secrets_do_not_show() -> None:
    shown = repr(Credentials.read({**USER, **APP, "domain": "acme.my"}))
    assert shown == "Credentials(domain='acme.my')"


@pytest.mark.parametrize(
    ("secret", "verdict"),
    [
        ({"consumer_key": "SANDBOX.acme"}, True),
        ({"username": "admin@acme.example"}, True),
        ({"consumer_key": "3MVG9", "username": "ann@acme.com"}, False),
        ({"consumer_key": "SANDBOX.acme", "username": "ann@acme.com"}, None),
        ({"consumer_key": "3MVG9", "username": "admin@acme.example"}, None),
    ],
)
def test_credentials_of_the_sandbox_are_told_by_their_look(secret: dict[str, str], verdict: bool | None) -> None:
    assert belongs_to_sandbox(secret) is verdict
