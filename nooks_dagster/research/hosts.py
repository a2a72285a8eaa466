"""Which names may be called at all: public host names, in their canonical spelling.

Belongs here: the rules about names, the same for a CRM field, a redirect and a link. Does not: addresses
(`research.network`).
"""

import re

import idna

from nooks_dagster.research.words import words

# The last label of a public name is letters or punycode. So no notation of an IP address passes (127.1, 0x7f000001,
# 017700000001): of all of them the last part begins with a digit, and a colon never gets so far.
_LAST = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")
_LONGEST = 253
_PRIVATE = words(
    "alt arpa cluster consul corp docker home intern internal intranet invalid kubernetes lan local localdomain "
    "localhost mail nomad onion pod private svc test workgroup"
)
"""Last labels that no public name has (RFC 2606, 6761, 6762, 7686, 8375, 9476), or that networks use within: behind a
proxy such a name is no address for us to judge."""


def public_host(name: str) -> str | None:
    """Return the canonical spelling of a public host name: lower case, punycode, no trailing dot; None if it is none.

    Also None for IP addresses in any notation, single labels, and names of private or reserved domains.
    """
    if not name or len(name) > 4 * _LONGEST:
        return None
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode().lower().removesuffix(".")
    except (idna.IDNAError, UnicodeError):
        return None
    labels = host.split(".")
    if len(labels) < 2 or len(host) > _LONGEST or not _LAST.fullmatch(labels[-1]) or labels[-1] in _PRIVATE:
        return None
    return host
