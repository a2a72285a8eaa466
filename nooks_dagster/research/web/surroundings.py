"""The proxy and the certificate authorities of this machine, told by the variables that all our clients honour.

Belongs here: HTTPS_PROXY, HTTP_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE.
Does not: using them.
"""

import os
import ssl
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpcore2
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from nooks_dagster.failures import Permanent

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def proxy_for(url: str) -> httpcore2.Proxy | None:
    """Return the proxy for a URL, or None to connect directly.

    Raises:
        Permanent: The variable names no proxy that is understood.
    """
    told = select_proxy(url, get_environ_proxies(url))
    if not told:
        return None
    parts = urlsplit(told if "://" in told else f"http://{told}")
    try:
        place = (parts.scheme, parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
    except ValueError:
        place = ("", "", 0)
    scheme, host, port = place
    if scheme not in ("http", "https") or not host:
        raise Permanent(
            "The proxy is no http:// or https:// address.",
            subject="research",
            next_step="Correct HTTPS_PROXY or HTTP_PROXY.",
        )
    auth = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    context = tls() if scheme == "https" else None
    return httpcore2.Proxy(httpcore2.URL(scheme=scheme, host=host, port=port, target="/"), auth, ssl_context=context)


def tls() -> ssl.SSLContext:
    """Return what decides which certificates are believed; made once for each file of authorities (15 ms).

    Raises:
        Permanent: The file is not there.
    """
    told = next((os.environ[name] for name in _AUTHORITIES if os.environ.get(name)), DEFAULT_CA_BUNDLE_PATH)
    return _tls(told)


@cache
def _tls(authorities: str) -> ssl.SSLContext:
    path = Path(authorities)
    if not path.exists():
        raise Permanent(
            "The file of certificate authorities is not there.",
            subject="research",
            next_step="Correct REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE or SSL_CERT_FILE: each names one PEM file.",
        )
    if path.is_dir():
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)
