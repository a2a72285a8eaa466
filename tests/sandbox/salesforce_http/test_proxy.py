"""What the port lets through, what it refuses, and what it answers itself."""

import contextlib
import http.client
import socket
from typing import Any

import pytest
import requests
from requests.exceptions import ProxyError


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "127.0.0.1",
        "localhost",
        "my.salesforce.com",
        "a.b.my.salesforce.com",
        "evil-login.salesforce.com",
    ],
)
def test_a_host_that_is_not_played_is_refused_with_a_sentence(sandbox: Any, host: str) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", sandbox.port, timeout=60)
    connection.set_tunnel(host, 443)
    with pytest.raises(OSError, match=f"403 the sandbox does not forward to {host}:443; unset HTTPS_PROXY"):
        connection.request("GET", "/")


@pytest.mark.usefixtures("sandbox")
def test_the_sentence_reaches_the_user_of_requests() -> None:
    with pytest.raises(ProxyError, match="the sandbox does not forward to example"):
        requests.get("https://example.com/", timeout=60)


@pytest.mark.usefixtures("sandbox")
def test_a_played_host_is_not_reached_on_another_port() -> None:
    with pytest.raises(ProxyError, match="does not forward"):
        requests.get("https://login.salesforce.com:8443/", timeout=60)


def test_a_plain_request_for_elsewhere_is_refused(sandbox: Any) -> None:
    proxies = {"http": f"http://127.0.0.1:{sandbox.port}"}
    reply = requests.get("http://login.salesforce.com/", proxies=proxies, timeout=60)
    assert reply.status_code == 403
    assert "does not forward" in reply.text


def test_the_port_itself_tells_its_health(sandbox: Any) -> None:
    health = sandbox.control("/health").json()
    assert health["service"] == "nooks-sandbox"
    assert set(health["orgs"]) >= {"acme", "globex"}


def test_a_web_page_under_another_name_cannot_steer_the_sandbox(sandbox: Any) -> None:
    reply = requests.post(
        f"http://127.0.0.1:{sandbox.port}/control/counters/reset",
        headers={"Host": "rebound.example"},
        timeout=60,
    )
    assert reply.status_code == 400


def test_who_is_no_http_client_is_hung_up_on(sandbox: Any) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=60) as client:
        client.sendall(b"\x16\x03\x01" + b"x" * 600_000)
        client.settimeout(5)
        with contextlib.suppress(ConnectionError):
            assert client.recv(1024) == b""


def test_requests_are_counted_by_org_and_kind_with_their_peak_in_flight(sandbox: Any, log_in: Any) -> None:
    sandbox.control("/control/counters/reset", "POST")
    session = log_in("globex")
    session.limits()
    session.query("SELECT COUNT() FROM Account")
    counters = sandbox.control("/control/counters").json()
    assert counters["requests"] == {"globex": {"limits": 1, "login": 1, "query": 1}}
    assert (counters["in_flight"], counters["peak_in_flight"]) == (0, 1)
