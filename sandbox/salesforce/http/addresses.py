"""An address book: which handler answers an address, for one method.

Belongs here: matching. Does not: the addresses themselves (`resources`, `bulk1`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.routing import compile_path

from sandbox.salesforce.http.call import Handler
from sandbox.salesforce.http.errors import ApiError, not_found


@dataclass(frozen=True, slots=True)
class Resource:
    """One address. `kind` is the word under which the sandbox counts calls to it."""

    path: str
    kind: str
    handler: Handler
    method: str = "GET"


class AddressBook:
    """The resources of one interface, in the order in which they are tried."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self._patterns = [(compile_path(resource.path)[0], resource) for resource in resources]

    def find(self, method: str, address: str) -> tuple[Resource, dict[str, str]]:
        """Return the resource at an address below the version, and the variable parts of the address.

        Raises:
            ApiError: NOT_FOUND, or METHOD_NOT_ALLOWED when only the method is wrong.
        """
        found = [(resource, match) for pattern, resource in self._patterns if (match := pattern.match(address))]
        wanted = "GET" if method == "HEAD" else method
        for resource, match in found:
            if resource.method == wanted:
                return resource, match.groupdict()
        if not found:
            raise not_found()
        allowed = ",".join(dict.fromkeys(resource.method for resource, _ in found))
        raise ApiError(405, "METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}")
