"""Which org a request is for, by the host name it was sent to.

Belongs here: reading the Host header, finding the org and its clock.
Does not: which names are let through to here (`sandbox.proxy`).
"""

from datetime import UTC, datetime

from starlette.requests import Request

from sandbox.salesforce.http.credentials import org_of_host
from sandbox.salesforce.org import Org
from sandbox.salesforce.orgs import Orgs


class UnknownDomain(Exception):
    """A My Domain that nobody registered."""


def host_of(request: Request) -> str:
    """Return the host name, without its port, in lower case."""
    return request.headers.get("host", "").lower().partition(":")[0]


def org_at(orgs: Orgs, request: Request) -> Org | None:
    """Return the org whose My Domain the request was sent to, or None at a login host.

    Raises:
        UnknownDomain: There is no such org.
    """
    name = org_of_host(host_of(request))
    if name is None:
        return None
    try:
        return orgs.get(name)
    except KeyError:
        raise UnknownDomain(name) from None


def clock(org: Org | None) -> datetime:
    """Return the time by the org's server, or by this machine where no org is meant."""
    return org.now() if org else datetime.now(UTC)
