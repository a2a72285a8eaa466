"""What outlives the process, and how fast it leaves."""

import ssl
from typing import Any

import pytest
import requests
from simple_salesforce.exceptions import SalesforceExpiredSession


def test_token_locator_and_usage_outlive_a_sigkill(start_sandbox: Any, log_in: Any) -> None:
    sandbox = start_sandbox(accounts=3000)
    session = log_in()
    first = session.query("SELECT Id FROM Account")
    second = session.query_more(first["nextRecordsUrl"], identifier_is_url=True)

    sandbox.kill()
    sandbox.start()

    assert session.query_more(first["nextRecordsUrl"], identifier_is_url=True) == second
    assert session.api_usage["api-usage"].used == 3


def test_a_client_keeps_trusting_the_authority_after_a_restart(start_sandbox: Any) -> None:
    sandbox = start_sandbox()
    trust = (sandbox.state / "ca-bundle.pem").read_bytes()
    sandbox.kill()
    sandbox.start()
    assert (sandbox.state / "ca-bundle.pem").read_bytes() == trust
    secret = [sandbox.state / "ca.pem", *sandbox.state.glob("salesforce.sqlite*")]
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert len(ssl.create_default_context(cafile=sandbox.state / "ca-bundle.pem").get_ca_certs()) > 50


def test_sigterm_ends_it_although_clients_hold_connections(start_sandbox: Any, log_in: Any) -> None:
    sandbox = start_sandbox()
    session = log_in()
    session.limits()
    sandbox.terminate()
    assert sandbox.process.returncode == 0
    with pytest.raises(requests.ConnectionError):
        session.limits()


def test_a_token_expires_and_a_new_one_is_taken_without_a_word(start_sandbox: Any, log_in: Any) -> None:
    start_sandbox("--session-seconds", "0")
    session = log_in()
    with pytest.raises(SalesforceExpiredSession):
        session.limits()
