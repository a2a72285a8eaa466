"""Logging in, by every way that the unmodified simple-salesforce knows, and being refused."""

from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceExpiredSession

from tests.sandbox.salesforce_http.conftest import StartSandbox

pytestmark = pytest.mark.usefixtures("sandbox")

KEY = {"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme"}
USER = {"username": "admin@acme.example", "password": "sandbox-password"}
TOKEN_URL = "https://login.salesforce.com/services/oauth2/token"
REFRESH_REFUSED = {"error": "invalid_grant", "error_description": "expired access/refresh token"}


@pytest.fixture(scope="module")
def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def assert_opens(session: Salesforce) -> None:
    assert session.sf_instance == "acme.my.salesforce.com"
    assert session.query("SELECT COUNT() FROM Account")["totalSize"] > 0


def refusal(**arguments: Any) -> tuple[Any, Any]:
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(**arguments)
    return caught.value.code, caught.value.auth_message


def test_client_credentials_open_the_org_at_its_own_domain() -> None:
    assert_opens(Salesforce(domain="acme.my", **KEY))


def test_password_and_security_token_open_the_org_at_the_login_host_and_at_its_own_domain() -> None:
    assert_opens(Salesforce(**USER, security_token="sandboxtoken"))
    assert_opens(Salesforce(**USER, security_token="sandboxtoken", domain="acme.my"))


def test_the_oauth_password_grant_opens_the_org() -> None:
    assert_opens(Salesforce(**USER, **KEY))


def test_a_signed_assertion_opens_the_org(private_key: str) -> None:
    assert_opens(Salesforce(username=USER["username"], consumer_key=KEY["consumer_key"], privatekey=private_key))


FORM = {
    "grant_type": "refresh_token",
    "client_id": "SANDBOX.globex",
    "client_secret": "sandbox-secret-globex",
    "refresh_token": "5Aep861.sandbox-refresh-globex",
}


def log_in_by_form(**changes: str) -> Any:
    return requests.post(TOKEN_URL, FORM | changes, timeout=60).json()


def test_a_refresh_token_gives_a_new_access_token_until_it_is_revoked_and_a_code_begins_anew() -> None:
    reply = log_in_by_form()
    assert reply["instance_url"] == "https://globex.my.salesforce.com"
    assert set(reply) >= {"access_token", "id", "token_type", "issued_at", "signature"}

    assert "refresh_token" not in reply

    requests.post(TOKEN_URL.replace("token", "revoke"), {"token": FORM["refresh_token"]}, timeout=60)

    refused = requests.post(TOKEN_URL, FORM, timeout=60)
    assert refused.status_code == 400
    assert refused.json() == REFRESH_REFUSED
    consent = log_in_by_form(grant_type="authorization_code", code="aPrx.sandbox-code-globex")
    assert consent["refresh_token"] == FORM["refresh_token"]
    assert "access_token" in log_in_by_form()


def test_a_refresh_token_that_rotates_is_used_once_and_its_reuse_ends_all_tokens(start_sandbox: StartSandbox) -> None:
    start_sandbox("--org", "globex", "--refresh-grace", "0")
    first = log_in_by_form()
    second = log_in_by_form(refresh_token=first["refresh_token"])
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    limits = f"{second['instance_url']}/services/data/v59.0/limits"
    assert requests.get(limits, headers=headers, timeout=60).status_code == 200

    assert log_in_by_form() == REFRESH_REFUSED

    assert log_in_by_form(refresh_token=second["refresh_token"]) == REFRESH_REFUSED
    assert requests.get(limits, headers=headers, timeout=60).status_code == 401
    consent = log_in_by_form(grant_type="authorization_code", code="aPrx.sandbox-code-globex")
    assert "access_token" in log_in_by_form(refresh_token=consent["refresh_token"])


def test_the_identity_behind_a_token_is_told() -> None:
    session = Salesforce(domain="acme.my", **KEY)
    url = "https://acme.my.salesforce.com/services/oauth2/userinfo"
    told = requests.get(url, headers=session.headers, timeout=60).json()
    assert told["preferred_username"] == "admin@acme.example"
    assert told["organization_id"].startswith("00D")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            {"domain": "acme.my", **KEY, "consumer_secret": "no"},
            ("invalid_client", "invalid client credentials"),
        ),
        (
            {"domain": "acme.my", **KEY, "consumer_key": "no"},
            ("invalid_client_id", "client identifier invalid"),
        ),
        ({"domain": "globex.my", **KEY}, ("invalid_client_id", "client identifier invalid")),
        ({**USER, **KEY, "password": "no"}, ("invalid_grant", "authentication failure")),
    ],
)
def test_wrong_oauth_credentials_are_refused_in_salesforces_words(
    arguments: dict[str, str], error: tuple[str, str]
) -> None:
    assert refusal(**arguments) == error


def test_client_credentials_are_refused_at_the_login_host() -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": KEY["consumer_key"],
        "client_secret": KEY["consumer_secret"],
    }
    reply = requests.post(TOKEN_URL, form, timeout=60)
    assert reply.status_code == 400
    assert reply.json() == {
        "error": "invalid_grant",
        "error_description": "request not supported on this domain",
    }


def test_a_grant_that_nobody_knows_is_refused() -> None:
    reply = requests.post(TOKEN_URL, {"grant_type": "device"}, timeout=60)
    assert reply.json()["error"] == "unsupported_grant_type"


@pytest.mark.filterwarnings(r"ignore:\s+If your connected app policy")
@pytest.mark.parametrize(
    ("changes", "description"),
    [
        ({"username": "someone@acme.example"}, "user hasn't approved this consumer"),
        ({"domain": "test"}, "client identifier invalid"),
        ({"domain": "globex.my"}, "client identifier invalid"),
    ],
)
def test_an_assertion_for_somebody_or_somewhere_else_is_refused(
    private_key: str, changes: dict[str, str], description: str
) -> None:
    arguments = {"username": USER["username"], "consumer_key": KEY["consumer_key"], "privatekey": private_key}
    assert refusal(**(arguments | changes))[1] == description


def test_an_assertion_that_is_no_token_is_refused() -> None:
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}
    reply = requests.post(TOKEN_URL, form, timeout=60)
    assert reply.json() == {"error": "invalid_grant", "error_description": "invalid assertion"}


@pytest.mark.parametrize(
    "arguments",
    [
        {**USER, "security_token": "no"},
        {**USER, "security_token": "sandboxtoken", "domain": "test"},
        {**USER, "security_token": "sandboxtoken", "domain": "globex.my"},
        {"username": "<a&b>@acme.example", "password": "<&\"'>", "security_token": "x"},
    ],
)
def test_a_wrong_soap_login_is_refused(arguments: dict[str, str]) -> None:
    code, message = refusal(**arguments)
    assert code == "INVALID_LOGIN"
    assert message == "Invalid username, password, security token; or user locked out."


def test_a_password_without_its_security_token_is_refused_with_advice() -> None:
    code, message = refusal(**USER, security_token="")
    assert code == "LOGIN_MUST_USE_SECURITY_TOKEN"
    assert "add a security token to your password" in str(message)


def test_soap_login_on_a_retired_version_or_without_xml_is_a_fault() -> None:
    url = "https://login.salesforce.com/services/Soap/u/"
    for version, body, code in (
        ("30.0", "<login/>", "UNSUPPORTED_API_VERSION"),
        ("59.0", "<login", "UNKNOWN_EXCEPTION"),
    ):
        reply = requests.post(url + version, body, headers={"SOAPAction": "login"}, timeout=60)
        assert reply.status_code == 500
        assert f"<sf:exceptionCode>{code}</sf:exceptionCode>" in reply.text


def test_a_my_domain_that_nobody_registered_shows_a_page_for_people() -> None:
    code, message = refusal(domain="nobody.my", **KEY)
    assert code == 404
    assert "find the domain name" in str(message)


def test_a_token_that_is_unknown_or_another_orgs_is_an_invalid_session() -> None:
    session = Salesforce(domain="acme.my", **KEY)
    for host, token in (("acme", "00Dnobody!x"), ("globex", session.session_id)):
        url = f"https://{host}.my.salesforce.com/services/data/v59.0/limits"
        reply = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=60)
        assert reply.status_code == 401
        assert reply.json() == [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]


def test_a_revoked_token_opens_nothing() -> None:
    session = Salesforce(domain="acme.my", **KEY)
    url = "https://acme.my.salesforce.com/services/oauth2/revoke"
    assert requests.post(url, {"token": session.session_id}, timeout=60).status_code == 200

    stale = Salesforce(instance="acme.my.salesforce.com", session_id=session.session_id)
    with pytest.raises(SalesforceExpiredSession):
        stale.limits()
