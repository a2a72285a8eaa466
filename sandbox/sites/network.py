"""The way to the sites: names, connections that fail, certificates.

Belongs here: what a proxy and a TLS listener ask before a request is heard. Does not: requests (`http`).
"""

import ssl
from functools import lru_cache

from sandbox.certificates import Authority
from sandbox.sites.hosts import company_at
from sandbox.sites.manners import NO_CONNECTION, Manners
from sandbox.sites.private import is_private
from sandbox.sites.watch import Watch

_CONTEXTS = 256
"""TLS contexts that are kept, some 100 KB each. A site's visit is over before so many others have begun."""

_FAILURES = {"refused": "connection refused by {}", "unresolved": "name or service not known: {}"}


class Web:
    """The web as the proxy and the TLS listener see it.

    Args:
        authority: Signs a certificate for each site when it is called.
        watch: Counts who did not get through.
    """

    def __init__(self, authority: Authority, watch: Watch) -> None:
        self._watch = watch
        self._context = lru_cache(_CONTEXTS)(lambda name: authority.server_context([name]))

    def __contains__(self, host: str) -> bool:
        return company_at(host) is not None

    def failure(self, host: str) -> str | None:
        """Return why no connection to a site's host comes about, an empty text if it breaks off without a word."""
        trouble = _trouble(host)
        if trouble not in NO_CONNECTION:
            return None
        self._watch.trouble(trouble)
        if trouble == "reset":
            return ""
        return _FAILURES[trouble].format(host) if trouble in _FAILURES else None

    def refused(self, target: str) -> None:
        """Take note of a call that the proxy refuses."""
        if is_private(target):
            self._watch.private(target)

    def name_server(self, context: ssl.SSLContext) -> None:
        """Let a server's context show the certificate of whichever site is called."""

        def choose(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
            if name is None or name not in self:
                return None
            trouble = _trouble(name)
            if trouble == "bad_handshake":
                return int(ssl.AlertDescription.ALERT_DESCRIPTION_HANDSHAKE_FAILURE)
            if trouble != "bad_certificate":  # which shows that of another host
                connection.context = self._context(name.lower())
            return None

        context.sni_callback = choose


def _trouble(host: str) -> str | None:
    company = company_at(host)
    return Manners(company.host).trouble if company else None
