"""What a connection that gave no whole answer means: a failure with a next step.

Belongs here: what can go wrong between the two ends (name, proxy, certificate, time-out, a cut connection).
Does not: what the other side says (`answers` of each CRM), retries (`crm.access.tries`).

Every client that we use stands on urllib3 and wraps its errors, so the reason is looked for inside.
"""

import re
import ssl
from collections.abc import Iterator

from urllib3.exceptions import HTTPError, LocationValueError, NameResolutionError, ProxyError
from urllib3.exceptions import TimeoutError as TookTooLong

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.failures import Failure, Permanent, Unanswered

_REFUSED = re.compile(r"Tunnel connection failed: (400|403|404|407)\b")
_PROXY_REFUSES = Meaning(
    Permanent,
    "The proxy refuses to connect to {host}.",
    "Check that domain; if it is right, check HTTPS_PROXY (`nooks doctor`).",
)
_PROXY_SILENT = Meaning(
    Unanswered,
    "The proxy does not answer.",
    "Start it (`make up` for the sandbox), or correct HTTPS_PROXY in .env.",
)
_UNTRUSTED = Meaning(
    Permanent,
    "The certificate of {host} is not trusted.",
    "Point REQUESTS_CA_BUNDLE at the certificate authority of your proxy (or sandbox).",
)
_UNKNOWN = Meaning(Unanswered, "The host {host} is unknown.", "Check that domain, and this machine's name service.")
_LATE = Meaning(Unanswered, "{host} did not answer in time.", AGAIN)
_CUT = Meaning(Unanswered, "The connection to {host} broke.", AGAIN)
_IMPOSSIBLE = Meaning(Permanent, "The request to {host} could not be made ({error}).")


def broken(error: Exception, host: str, subject: str) -> Failure:
    """Return what an error of a client means that no answer of the host stands behind."""
    meaning = _meaning(list(_reasons(error)))
    what = meaning.what.format(host=host, error=type(error).__name__)
    return Meaning(meaning.kind, what, meaning.next_step).failure("", subject)


def _meaning(reasons: list[BaseException]) -> Meaning:
    def among(*kinds: type[BaseException]) -> bool:
        return any(isinstance(reason, kinds) for reason in reasons)

    # urllib3 blames the proxy for a connection that broke behind it too.
    if among(ProxyError) and not among(ConnectionResetError, BrokenPipeError):
        return _PROXY_REFUSES if any(_REFUSED.search(str(reason)) for reason in reasons) else _PROXY_SILENT
    if among(ssl.SSLCertVerificationError):
        return _UNTRUSTED
    if among(NameResolutionError):
        return _UNKNOWN
    if among(TookTooLong):
        return _LATE
    if among(HTTPError, ConnectionError) and not among(LocationValueError):
        return _CUT
    return _IMPOSSIBLE


def _reasons(error: BaseException) -> Iterator[BaseException]:
    """Return an error and every error that it wraps."""
    yield error
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            yield from _reasons(inner)
