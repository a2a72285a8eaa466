"""What stands between us and a CRM: proxies, certificates, cut and silent connections; both clients read alike."""

import socket
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest
import requests
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import MaxRetryError, NameResolutionError

from nooks_dagster.crm.access.broken import broken
from nooks_dagster.crm.hubspot import lines as hubspot
from nooks_dagster.crm.hubspot.client import open_client
from nooks_dagster.crm.salesforce import lines as salesforce
from nooks_dagster.failures import Failure, Permanent, Transient
from tests.crm.tunnel import Tunnel, tunnelling

ORG = "acme.my.salesforce.com"
API = "api.hubapi.com"
AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
Fetch = Callable[[], str]


def fetch_from_salesforce() -> str:
    return salesforce.Line("acme").request("GET", f"https://{ORG}/x").text


def fetch_from_hubspot() -> str:
    return hubspot.Line("acme").get("/x", "token").content.decode()


both = pytest.mark.parametrize("fetch", [fetch_from_salesforce, fetch_from_hubspot])


@pytest.fixture(scope="module")
def served_tunnel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tunnel]:
    with tunnelling(tmp_path_factory.mktemp("tunnel"), ORG, API) as tunnel:
        yield tunnel


@pytest.fixture
def tunnel(served_tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch) -> Tunnel:
    """A proxy, with this process pointed at it, credentials and all."""
    for name in (*AUTHORITIES, *PROXIES, *(proxy.lower() for proxy in PROXIES)):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://ann:p%40ss@127.0.0.1:{served_tunnel.port}")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(served_tunnel.authority))
    served_tunnel.refusal = 0
    served_tunnel.targets.clear()
    served_tunnel.authorizations.clear()
    return served_tunnel


@both
def test_a_proxy_is_used_with_its_credentials(tunnel: Tunnel, fetch: Fetch) -> None:
    assert fetch() == '{"path": "/x"}'
    assert tunnel.targets[0] in {f"{ORG}:443", f"{API}:443"}
    assert tunnel.authorizations == [f"Basic {b64encode(b'ann:p@ss').decode()}"]


def test_one_connection_serves_many_requests(tunnel: Tunnel) -> None:
    line = hubspot.Line("acme")
    for _ in range(3):
        line.get("/x", "token")
    assert len(tunnel.targets) == 1


@pytest.mark.parametrize("variable", AUTHORITIES)
def test_any_of_the_usual_variables_names_the_authorities(
    tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(variable, str(tunnel.authority))
    assert fetch_from_hubspot() == '{"path": "/x"}'


def test_a_proxy_without_a_scheme_is_understood(tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{tunnel.port}")
    assert fetch_from_hubspot() == '{"path": "/x"}'


@pytest.mark.parametrize("exempt", [API, ".hubapi.com", "*"])
def test_a_host_may_be_exempt_from_the_proxy(tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, exempt: str) -> None:
    monkeypatch.setenv("NO_PROXY", exempt)
    assert open_client(hubspot.HOST, "acme").configuration.proxy is None


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("HTTPS_PROXY", "gopher://ann:secret@127.0.0.1", "HTTPS_PROXY"),
        ("REQUESTS_CA_BUNDLE", "/nowhere/secret.pem", "REQUESTS_CA_BUNDLE"),
    ],
)
def test_an_environment_that_cannot_be_used_is_told_before_anything_is_sent(
    tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(Permanent, match=words) as caught:
        hubspot.Line("acme")
    assert "secret" not in str(caught.value)
    assert tunnel.targets == []


@both
def test_a_certificate_of_a_stranger_is_not_trusted(
    tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, fetch: Fetch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert_fails(fetch, Permanent, "is not trusted. Point REQUESTS_CA_BUNDLE")


@both
@pytest.mark.parametrize(
    ("status", "failure", "words"), [(403, Permanent, "refuses to connect"), (502, Transient, "proxy does not answer")]
)
def test_a_proxy_that_refuses_is_told_from_one_that_is_down(
    tunnel: Tunnel, fetch: Fetch, status: int, failure: type[Failure], words: str
) -> None:
    tunnel.refusal = status
    assert_fails(fetch, failure, words)


@both
def test_a_proxy_that_is_not_there_is_told(tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert_fails(fetch, Transient, "HTTPS_PROXY")


@both
def test_a_host_that_stays_silent_is_given_up(tunnel: Tunnel, monkeypatch: pytest.MonkeyPatch, fetch: Fetch) -> None:
    for line in (hubspot, salesforce):
        monkeypatch.setattr(line, "CONNECT_SECONDS", 0.05)  # until the proxy has opened its tunnel
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert_fails(fetch, Transient, "did not answer in time")


@pytest.mark.parametrize("wrap", [lambda error: error, requests.ConnectionError])
def test_a_name_that_nobody_knows_is_told(wrap: Callable[[Exception], Exception]) -> None:
    connection = HTTPSConnection(API)
    unknown = NameResolutionError(API, connection, socket.gaierror(-2, "Name or service not known"))
    failure = broken(wrap(MaxRetryError(connection, "/x?secret", unknown)), API, "acme")  # type: ignore[arg-type]  # a pool is wanted, only its host is read
    assert isinstance(failure, Transient)
    assert str(failure) == f"acme: The host {API} is unknown. Check that domain, and this machine's name service."


def assert_fails(fetch: Fetch, failure: type[Failure], words: str) -> None:
    with pytest.raises(failure) as caught:
        fetch()
    assert words in str(caught.value)
    assert caught.value.subject == "acme"
