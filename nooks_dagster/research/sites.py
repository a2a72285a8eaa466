"""The site of a company: the one public host that stands for it, whatever a CRM field holds.

Belongs here: from text to host. Does not: which names may be called (`research.hosts`), at which addresses
(`research.network`).
"""

import re
from urllib.parse import SplitResult, urlsplit

from nooks_dagster.research.hosts import public_host
from nooks_dagster.research.shared_hosts import MAIL_PROVIDERS, MAILBOXES, PROFILES, on_shared_host

_LONGEST = 2048
_SEPARATED = re.compile(r"[\s,;|]+")
_SCHEME = re.compile(r"https?:/{1,3}|//", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:mailto:)?[^@/:?#]+@([^@/:?#]+)", re.IGNORECASE)
PORTS = (None, 80, 443)


def site_of(website: str | None) -> str | None:
    """Return the canonical public host of a CRM field (`website`, `domain`, an e-mail address).

    Lower case, IDN as punycode, without `www.` and trailing dot. None when there is none, or it may not be called:
    IP addresses in any notation, single labels, names of private networks, ports other than 80 and 443, URLs with
    credentials, providers of mail, and pages of a company on somebody else's site (`linkedin.com/company/…`).
    Of several, the first counts.
    """
    words = _SEPARATED.split((website or "").strip()[:_LONGEST].strip("<>\"'()"))
    text = words[0].strip("<>\"'()")
    if address := _ADDRESS.fullmatch(text):
        host = public_host(address[1])
        return None if host is None or on_shared_host(host, MAIL_PROVIDERS) else without_www(host)
    parts = _split(text)
    host = public_host(parts.hostname) if parts and parts.hostname else None
    if parts is None or host is None or (parts.path.strip("/") and on_shared_host(host, PROFILES)):
        return None
    return None if without_www(host) in MAILBOXES else without_www(host)


def without_www(host: str) -> str:
    """Return a host without its `www.`, if a public name is left."""
    bare = host.removeprefix("www.")
    return bare if public_host(bare) else host


def _split(text: str) -> SplitResult | None:
    """Return the parts of a URL with or without scheme, or None of one that nobody should follow."""
    if "\\" in text:  # some read it as a slash, some as a part of the name
        return None
    scheme = _SCHEME.match(text)
    rest = text[scheme.end() :] if scheme else text
    try:
        parts = urlsplit(f"//{rest}")
        odd = parts.port not in PORTS
    except ValueError:
        return None
    return None if odd or "@" in parts.netloc or "%" in parts.netloc or parts.netloc.startswith("[") else parts
