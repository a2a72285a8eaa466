"""Salesforce over HTTP: every org of a state folder, on its own host name and on the login hosts.

Belongs here: the host names, the addresses outside the REST interface, putting the parts together.
Does not: the parts.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.counters import Counters
from sandbox.salesforce.http.auth import OAuth
from sandbox.salesforce.http.credentials import LOGIN_HOSTS, MY_DOMAIN
from sandbox.salesforce.http.errors import not_found
from sandbox.salesforce.http.hosts import UnknownDomain, clock, org_at
from sandbox.salesforce.http.limits import Usage
from sandbox.salesforce.http.locators import Locators
from sandbox.salesforce.http.replies import domain_not_found, json_reply
from sandbox.salesforce.http.rest import Fault, Rest, no_fault
from sandbox.salesforce.http.soap import Soap
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.http.tokens import Tokens
from sandbox.salesforce.http.versions import list_versions
from sandbox.salesforce.orgs import Orgs

HOSTS = (*LOGIN_HOSTS, f"*{MY_DOMAIN}")
_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What an org's contract would say.

    Args:
        daily_requests: API calls per 24 hours; the default is Enterprise Edition with 15 licences.
        session: How long a token is good for.
    """

    daily_requests: int = 115_000
    session: timedelta = timedelta(hours=2)


def salesforce(state: Path, orgs: Orgs, counters: Counters, terms: Terms, fault: Fault = no_fault) -> Starlette:
    """Return the application; tokens, locators and usage are kept in `state`, so a restart is not noticed."""
    store = Store(state / "salesforce.sqlite")
    tokens = Tokens(store, terms.session)
    oauth = OAuth(orgs, tokens, counters)
    rest = Rest(orgs, tokens, Locators(store), Usage(store, terms.daily_requests), counters, fault)
    soap = Soap(orgs, tokens, counters)

    def versions(request: Request) -> Response:
        return json_reply(request, list_versions(), now=clock(org_at(orgs, request)))

    return Starlette(
        routes=[
            Route("/services/oauth2/token", oauth.token, methods=["POST"]),
            Route("/services/oauth2/revoke", oauth.revoke, methods=["GET", "POST"]),
            Route("/services/oauth2/userinfo", oauth.userinfo, methods=["GET", "POST"]),
            Route("/id/{organization}/{user}", oauth.userinfo),
            Route("/services/Soap/{interface:str}/{version}", soap.__call__, methods=["POST"]),
            Route("/services/data", versions),
            Route("/services/data/", versions),
            Route("/services/data/v{version}", rest.__call__, methods=_EVERY_METHOD),
            Route("/services/data/v{version}/{path:path}", rest.__call__, methods=_EVERY_METHOD),
        ],
        exception_handlers={404: _nowhere, UnknownDomain: _unknown_domain, Exception: _broken},
    )


def _unknown_domain(_request: Request, _error: Exception) -> Response:
    return domain_not_found()


def _nowhere(request: Request, _error: Exception) -> Response:
    error = not_found()
    return json_reply(request, error.body, status=error.status, now=datetime.now(UTC))


def _broken(request: Request, _error: Exception) -> Response:
    # The traceback goes to the log; a client is told what Salesforce tells when something of its own broke.
    body = [{"message": "An unexpected error occurred. See the sandbox's log.", "errorCode": "UNKNOWN_EXCEPTION"}]
    return json_reply(request, body, status=500, now=datetime.now(UTC))
