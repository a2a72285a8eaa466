"""The unmodified official client, set up for this environment.

Belongs here: proxy and certificate authorities, the pool, what the client must not do. Does not: sending (`lines`).

Of the client only its ApiClient is used, on addresses of ours and with raw bodies: its models parse 18 times
slower. It reads no environment, so requests does; urllib3 below it would try again by itself and follow
redirects with the token, so it is told not to.
"""

import os
from pathlib import Path
from typing import Any

import requests
from hubspot.crm.objects import ApiClient, Configuration
from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, select_proxy
from urllib3 import Retry
from urllib3.exceptions import LocationValueError

from nooks_dagster.failures import Permanent

POOL = 16


class _Client(ApiClient):  # type: ignore[misc]  # the client has no types
    """The client without its walk through every value of a body, two thirds of a large call's CPU: ours are JSON."""

    def sanitize_for_serialization(self, obj: Any) -> Any:
        return obj


def open_client(host: str, subject: str) -> Any:
    """Return a client with a pool of connections of its own, which is to be kept.

    Args:
        host: Scheme and name.
        subject: The connection, named in failures.

    Raises:
        Permanent: The environment names a proxy or certificate authorities that cannot be used.
    """
    configuration = Configuration()
    for name, value in _settings(host, subject).items():
        setattr(configuration, name, value)
    try:
        client = _Client(configuration)
    except LocationValueError:
        raise Permanent(
            "The proxy cannot be used.", subject=subject, next_step="Correct HTTPS_PROXY, e.g. http://proxy:3128."
        ) from None
    client.user_agent = "nooks_dagster"
    return client


def _settings(host: str, subject: str) -> dict[str, Any]:
    environment = requests.Session().merge_environment_settings(host, {}, None, None, None)
    proxy = select_proxy(host, environment["proxies"]) or ""
    proxy = proxy if "://" in proxy or not proxy else f"http://{proxy}"
    return {
        "host": host,
        "retries": Retry(total=0, redirect=False),
        "connection_pool_maxsize": POOL,
        "ssl_ca_cert": _authorities(environment["verify"], subject),
        "proxy": proxy or None,
        "proxy_headers": HTTPAdapter().proxy_headers(proxy) if proxy else None,
    }


def _authorities(told: object, subject: str) -> str:
    """Return the file of authorities to trust: what requests was told, else what OpenSSL was, else the usual ones."""
    file = told if isinstance(told, str) else os.environ.get("SSL_CERT_FILE") or DEFAULT_CA_BUNDLE_PATH
    if Path(file).is_file():
        return file
    raise Permanent(
        "The file of certificate authorities is not there.",
        subject=subject,
        next_step="Correct REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE: each names one PEM file.",
    )
