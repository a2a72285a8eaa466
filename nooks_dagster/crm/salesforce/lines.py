"""The HTTP session of simple-salesforce and our own calls: time-outs, and failures instead of exceptions.

Belongs here: what can go wrong between the two ends (name, proxy, certificate, time-out, a cut connection).
Does not: what Salesforce says (`answers`), logins and retries (`session`).

Raising failures from `send` keeps simple-salesforce out of error handling: it parses each 401 as a JSON array
and repeats a refused call without end. Proxy and CA variables are honoured by requests itself.
"""

from typing import Any

import requests
from requests.adapters import HTTPAdapter

from nooks_dagster.crm.salesforce.answers import refusal
from nooks_dagster.failures import Failure, Permanent, Transient

CONNECT_SECONDS = 10
READ_SECONDS = 300  # between two bytes; a query may think for minutes before the first one
POOL = 16


class Line(requests.Session):
    """A requests session whose every bad outcome is a failure of ours.

    Args:
        subject: The connection, named in failures.
    """

    def __init__(self, subject: str) -> None:
        super().__init__()
        self.subject = subject
        self.mount("https://", HTTPAdapter(pool_connections=POOL, pool_maxsize=POOL, max_retries=0))

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request and return an answer that holds what was asked for.

        Raises:
            Failure: Everything else.
        """
        kwargs["timeout"] = kwargs.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        try:
            response = super().send(request, **kwargs)
        except requests.RequestException as error:
            raise broken(error, self.subject) from None
        if failure := refusal(response, self.subject):
            raise failure
        return response


def broken(error: requests.RequestException, subject: str) -> Failure:
    """Return what a connection that gave no whole answer means."""
    text = str(error)
    host = _host(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return _broken_proxy(text, host, subject)
    if isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text.upper():
        return Permanent(
            f"The certificate of {host} is not trusted.",
            subject=subject,
            next_step="Point REQUESTS_CA_BUNDLE at the certificate authority of your proxy (or sandbox).",
        )
    if "NameResolutionError" in text or "Failed to resolve" in text:
        return Transient(
            f"The host {host} is unknown.",
            subject=subject,
            next_step="Check the domain (e.g. acme.my) and this machine's name service.",
        )
    if isinstance(error, requests.Timeout):
        return Transient(f"{host} did not answer in time.", subject=subject, next_step="The platform tries again.")
    if isinstance(error, (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)) or _is_garbled(error):
        return Transient(f"The connection to {host} broke.", subject=subject, next_step="The platform tries again.")
    return Permanent(f"The request to {host} could not be made ({type(error).__name__}).", subject=subject)


def _broken_proxy(text: str, host: str, subject: str) -> Failure:
    refused = any(f"Tunnel connection failed: {status}" in text for status in (400, 403, 404, 407))
    if refused:
        return Permanent(
            f"The proxy refuses to connect to {host}.",
            subject=subject,
            next_step="Check the domain; if it is right, check HTTPS_PROXY (`nooks doctor`).",
        )
    return Transient(
        "The proxy does not answer.",
        subject=subject,
        next_step="Start it (`make up` for the sandbox), or correct HTTPS_PROXY in .env.",
    )


def _is_garbled(error: requests.RequestException) -> bool:
    return isinstance(error, requests.exceptions.ContentDecodingError)


def _host(error: requests.RequestException) -> str:
    url = getattr(error.request, "url", None) or ""
    return url.split("://")[-1].split("/")[0].split("?")[0] or "Salesforce"
