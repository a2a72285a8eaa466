"""URLs that may be followed, in one spelling.

Belongs here: judging and joining URLs. Does not: which are worth following (`research.web.links`).
"""

import re
from urllib.parse import quote, urljoin, urlsplit

from nooks_dagster.research.hosts import public_host
from nooks_dagster.research.sites import PORTS, without_www

LONGEST = 2048
_SAFE_PATH = "/%:@!$&'()*+,;=~-._"
_SAFE_QUERY = f"{_SAFE_PATH}?"
# What a link says about who follows it and from where: with it a page would have another address at each look.
_ABOUT_US = re.compile(
    r"(?:utm_\w+|sid|sess(?:ion)?_?id|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken|fbclid|gclid|msclkid|mc_[ce]id"
    r"|_ga|_gl|_hs\w+|ref|referrer)(?:=|$)",
    re.IGNORECASE,
)
_PATH_SESSION = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)


def followable(url: str) -> str | None:
    """Return a URL in its one spelling, without fragment; None if it may not be followed.

    Only http and https, public host names, ports 80 and 443, no credentials.
    """
    if len(url) > LONGEST or "\\" in url:
        return None
    try:
        parts = urlsplit(url.strip())
        port, name = parts.port, parts.hostname
    except ValueError:
        return None
    host = public_host(name) if name else None
    if parts.scheme not in ("http", "https") or host is None or port not in PORTS or "@" in parts.netloc:
        return None
    place = host if port in (None, 443 if parts.scheme == "https" else 80) else f"{host}:{port}"
    query = f"?{quote(parts.query, safe=_SAFE_QUERY)}" if parts.query else ""
    made = f"{parts.scheme}://{place}{quote(parts.path, safe=_SAFE_PATH) or '/'}{query}"
    return made if len(made) <= LONGEST else None


def joined(base: str, reference: str) -> str | None:
    """Return where a reference on a page leads, if it may be followed."""
    try:
        return followable(urljoin(base, reference.strip()))
    except ValueError:
        return None


def lasting(url: str) -> str:
    """Return a followable URL without what is different at each visit: session ids, marks of campaigns."""
    parts = urlsplit(url)
    if not parts.query and ";" not in parts.path:
        return url
    query = "&".join(part for part in parts.query.split("&") if not _ABOUT_US.match(part))
    return parts._replace(path=_PATH_SESSION.sub("", parts.path), query=query).geturl()


def host_of(url: str) -> str:
    """Return the host of a followable URL."""
    return urlsplit(url).hostname or ""


def origin_of(url: str) -> str:
    """Return scheme, host and port of a followable URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def path_of(url: str) -> str:
    """Return the path of a followable URL."""
    return urlsplit(url).path or "/"


def of_site(url: str, site: str) -> bool:
    """Say whether a URL lies on a site or below it (`careers.acme.com`)."""
    host = without_www(host_of(url))
    return host == site or host.endswith(f".{site}")
