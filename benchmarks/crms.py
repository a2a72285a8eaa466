"""The CRMs whose history is measured: what a sandbox is asked to serve, and how it is connected.

Belongs here: names, credentials, sizes of pages. Does not: starting anything (`benchmarks.services`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

WORKSPACE = "acme"
CONTACTS_PER_ACCOUNT = 5


@dataclass(frozen=True, slots=True)
class Crm:
    """One kind of CRM.

    Attributes:
        kind: As connections spell it.
        source: What contacts are called there.
        secret: The sandbox gives each of its orgs the same credentials on every machine, so nothing here is one.
        config: What is kept with the connection.
        world: The options of `serve` for an org of so many accounts, without limits that would measure themselves.
        page_rows: Rows of a page by the sandbox's kind of call: the most that the vendor gives unasked.
    """

    kind: str
    source: str
    secret: Mapping[str, str]
    config: Mapping[str, str]
    world: Callable[[int], list[str]]
    page_rows: Mapping[str, int]

    @property
    def connection(self) -> str:
        """Return the id of the connection."""
        return f"{WORKSPACE}-{self.kind}"


SALESFORCE = Crm(
    kind="salesforce",
    source="Contact",
    secret={"consumer_key": "SANDBOX.acme", "consumer_secret": "sandbox-secret-acme"},
    config={"domain": "acme.my"},
    world=lambda accounts: ["--org", f"{WORKSPACE}={accounts}", "--daily-requests", "10000000"],
    page_rows={"query": 2_000, "bulk_results": 50_000},
)
_UNLIMITED = (
    "requests_per_10_seconds=1000000",
    "searches_per_second=1000000",
    "association_requests_per_10_seconds=1000000",
    "daily_requests=1000000000",
    "daily_association_requests=1000000000",
)
HUBSPOT = Crm(
    kind="hubspot",
    source="contacts",
    secret={"access_token": "pat-sandbox-acme"},
    config={},
    world=lambda accounts: ["--portal", f"{WORKSPACE}={accounts}", *(f"--hubspot={term}" for term in _UNLIMITED)],
    page_rows={"list": 100},
)
CRMS: Mapping[str, Crm] = {crm.kind: crm for crm in (SALESFORCE, HUBSPOT)}
