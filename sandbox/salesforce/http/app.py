"""Salesforce over HTTP: every org of a state folder, on its own host name and on the login hosts.

Belongs here: the host names, the addresses outside the REST interface, putting the parts together.
Does not: the parts.
"""

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sandbox.counters import Counters
from sandbox.faults.faults import Faults
from sandbox.faults.layer import Faulty, Hangup
from sandbox.faults.seen import Seen
from sandbox.refresh_tokens import RefreshTokens
from sandbox.salesforce.bulk.batches import Batches
from sandbox.salesforce.bulk.ingest import Ingests
from sandbox.salesforce.bulk.registry import Jobs
from sandbox.salesforce.bulk.terms import BulkTerms
from sandbox.salesforce.http.auth import OAuth
from sandbox.salesforce.http.bulk1 import BULK1
from sandbox.salesforce.http.bulk1_shapes import refuse, token_of
from sandbox.salesforce.http.credentials import LOGIN_HOSTS, MY_DOMAIN
from sandbox.salesforce.http.errors import not_found
from sandbox.salesforce.http.faulty.seen import objects_in
from sandbox.salesforce.http.faulty.vendor import Salesforce
from sandbox.salesforce.http.hosts import UnknownDomain, clock, org_at
from sandbox.salesforce.http.limits import Usage
from sandbox.salesforce.http.locators import Locators
from sandbox.salesforce.http.replies import domain_not_found, json_reply
from sandbox.salesforce.http.rest import Interface, Rest
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
        bulk: What holds for bulk jobs.
        refresh_grace: For how many seconds a refresh token that was used is still good; infinite: none rotates.
    """

    daily_requests: int = 115_000
    session: timedelta = timedelta(hours=2)
    bulk: BulkTerms = field(default_factory=BulkTerms)
    refresh_grace: float = math.inf


def salesforce(state: Path, orgs: Orgs, counters: Counters, terms: Terms, faults: Faults, hang_up: Hangup) -> ASGIApp:
    """Return the application; tokens, locators and usage are kept in `state`, so a restart is not noticed."""
    store = Store(state / "salesforce.sqlite")
    tokens, locators, usage = Tokens(store, terms.session), Locators(store), Usage(store, terms.daily_requests)
    jobs = Jobs(store, terms.bulk, lambda org, soql: faults.job_outcome(_job(org, soql)))
    rest = Rest(orgs, tokens, locators, jobs, Batches(store, jobs), usage, counters, Ingests(store, terms.bulk), faults)
    oauth = OAuth(orgs, tokens, RefreshTokens(store, terms.refresh_grace), counters)
    app = _addresses(orgs, oauth, rest, Soap(orgs, tokens, counters))

    def soql_of(cursor: str) -> str:
        return locators.soql(cursor) or jobs.soql(cursor)

    return Faulty(app, Salesforce(orgs, tokens, usage, soql_of), faults, counters, hang_up)


def _job(org: str, soql: str) -> Seen:
    return Seen("bulk_create", text=soql, org=org, objects=objects_in(soql))


def _addresses(orgs: Orgs, oauth: OAuth, rest: Rest, soap: Soap) -> Starlette:
    bulk1 = replace(rest, interface=Interface(BULK1, token_of, refuse))

    def versions(request: Request) -> Response:
        return json_reply(request, list_versions(), now=clock(org_at(orgs, request)))

    return Starlette(
        routes=[
            Route("/services/oauth2/token", oauth.token, methods=["POST"]),
            Route("/services/oauth2/revoke", oauth.revoke, methods=["GET", "POST"]),
            Route("/services/oauth2/userinfo", oauth.userinfo, methods=["GET", "POST"]),
            Route("/id/{organization}/{user}", oauth.userinfo),
            Route("/services/Soap/{interface:str}/{version}", soap.__call__, methods=["POST"]),
            Route("/services/async/{version}/{path:path}", bulk1.__call__, methods=_EVERY_METHOD),
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
