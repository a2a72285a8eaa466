"""The activities that clients logged, in all orgs and portals: the judge of "once, and only once".

Belongs here: all of them, and how many there are of each key. Does not: what is told of one (the vendors'
`activities`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.hubspot import activities as of_portals
from sandbox.hubspot.portals import Portals
from sandbox.salesforce import activities as of_orgs
from sandbox.salesforce.orgs import Orgs

Activity = dict[str, Any]


def of_org(orgs: Orgs, name: str, key: str | None = None) -> Iterator[Activity]:
    """Yield the activities of an org, each named by a field."""
    return of_orgs.activities(name, orgs.living(name), key or of_orgs.KEY)


def of_portal(portals: Portals, name: str, key: str | None = None) -> Iterator[Activity]:
    """Yield the activities of a portal, each named by a property."""
    return of_portals.activities(name, portals.living(name), key or of_portals.KEY)


def of_all(orgs: Orgs, portals: Portals, key: str | None = None) -> Iterator[Activity]:
    """Yield the activities of all orgs and portals."""
    for name in orgs.names():
        yield from of_org(orgs, name, key)
    for name in portals.names():
        yield from of_portal(portals, name, key)


def summary(activities: Iterator[Activity]) -> dict[str, dict[str, Any]]:
    """Return by org or portal how many activities and keys there are, how often they were written, which keys twice."""
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for activity in activities:
        connection = activity["connection"]
        counts[connection].update(activities=1, writes=activity["writes"], deleted=int(activity["deleted"]))
        if activity["key"] is not None and not activity["deleted"]:
            keys[connection][activity["key"]] += 1
    return {
        name: {**count, "keys": len(keys[name]), "again": sorted(key for key, times in keys[name].items() if times > 1)}
        for name, count in counts.items()
    }


def commands(orgs: Orgs, portals: Portals) -> list[Route]:
    """Return the route of the control port that tells the summary; `?key=` is the field that names a call."""

    def told(request: Request) -> Response:
        return JSONResponse(summary(of_all(orgs, portals, request.query_params.get("key"))))

    return [Route("/control/activities", told)]
