"""Which host names are company web sites, and which one a CRM's field means.

Belongs here: the name of a site taken apart; every possible name has a site, whether a CRM knows it or not.
Does not: what is on a site, who may be called (that is for the caller to decide).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from sandbox.sites.vocabulary import COMPANIES
from sandbox.world.names import TRADES

_DOMAIN = ".example"
_NAMES = {name.lower(): name for name in COMPANIES}
_NAME = re.compile(rf"([a-z]+)(?:-({'|'.join(TRADES)})(\d{{0,7}}))?")
_FIELD = re.compile(r"(?:https?://)?([^/:?#@\s]+)(?::(?:80|443))?(?:[/?#].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Company:
    """A company that has a site.

    Args:
        host: Of its site, without `www.`, in ASCII: what everything about the site follows from.
        name: Of the company.
        trade: A word of its domain, empty if it has none.
    """

    host: str
    name: str
    trade: str


@lru_cache(8_192)
def company_at(host: str) -> Company | None:
    """Return whose site is at a host name, with or without `www.`; None where there is nobody's."""
    name = host.lower().rstrip(".").removeprefix("www.")
    if not name.endswith(_DOMAIN):
        return None
    try:
        shown = name.encode("ascii").decode("idna")
        match = _NAME.fullmatch(shown.removesuffix(_DOMAIN))
        ascii_host = shown.encode("idna").decode()
    except UnicodeError:
        return None
    if match is None or match[1] not in _NAMES:
        return None
    return Company(ascii_host, _NAMES[match[1]], match[2] or "")


def site_in(field: str | None) -> Company | None:
    """Return whose site a CRM's field means, however it was typed; None where it means none."""
    match = _FIELD.fullmatch((field or "").strip())
    if match is None:
        return None
    try:
        return company_at(match[1].lower().encode("idna").decode())
    except UnicodeError:
        return None
