"""An address book: which handler answers an address, for one method.

Belongs here: matching, and the dated addresses that mean the same as the numbered ones.
Does not: the addresses themselves (`resources`).
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.hubspot.http.call import Handler
from sandbox.hubspot.http.errors import not_found
from sandbox.hubspot.model import Refused

_DATED = re.compile(r"/(crm|account-info)(?:/([a-z-]+))?/20\d\d-\d\d(?=/|$)")
_SCHEMAS = re.compile(r"/crm-object-schemas/(?:v3|20\d\d-\d\d)/")
_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Resource:
    """One address.

    Args:
        path: With its variable parts in braces.
        kind: The word under which the sandbox counts calls to it.
        handler: Answers.
        method: Of HTTP.
        slow: Whether it may take so long that others must not wait for it.
    """

    path: str
    kind: str
    handler: Handler
    method: str = "GET"
    slow: bool = False


class AddressBook:
    """The resources of the API; of two that fit, the one that was named first."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._by_length: dict[int, list[tuple[re.Pattern[str], Resource]]] = defaultdict(list)
        for resource in resources:
            pattern = re.compile(_PART.sub(r"(?P<\1>[^/]+)", resource.path))
            self._by_length[resource.path.count("/")].append((pattern, resource))

    def find(self, method: str, path: str) -> tuple[Resource, dict[str, str]]:
        """Return the resource at an address, and the variable parts of the address.

        Raises:
            Refused: 404, or 405 when only the method is wrong.
        """
        address = _numbered(path.rstrip("/"))
        wanted = "GET" if method == "HEAD" else method
        others = False
        for pattern, resource in self._by_length.get(address.count("/"), ()):
            if match := pattern.fullmatch(address):
                if resource.method == wanted:
                    return resource, match.groupdict()
                others = True
        if others:
            raise Refused(405, "METHOD_NOT_ALLOWED", f"HTTP 405 Method Not Allowed: {method}")
        raise not_found("Unable to find the resource at this address")


def _numbered(path: str) -> str:
    """Return an address as the numbered versions have it: `/crm/objects/2026-03/…` is `/crm/v3/objects/…`."""
    found = _DATED.match(path)
    if found is None:
        return _SCHEMAS.sub("/crm/v3/", path.replace("/crm/v4/objects/", "/crm/v3/objects/", 1), count=1)
    area, part = found[1], found[2]
    version = "v4" if part == "associations" else "v3"
    return "/".join(filter(None, (f"/{area}", version, part))) + path[found.end() :]
