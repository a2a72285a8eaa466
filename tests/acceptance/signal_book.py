"""A book of accounts with what their sites state, researched once: what tests of signals ask about.

Belongs here: choosing accounts of a generated org, putting them where a sync would, reading their sites, copies.
Does not: asking (`benchmarks.signals.ours`), comparing (`benchmarks.signals.truth`).
"""

import json
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from google.cloud import storage

from benchmarks.crms import SALESFORCE, WORKSPACE
from benchmarks.signals.processes import Spent, together
from benchmarks.signals.truth import Stated, World
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.local.environment import Environment
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.workspaces.registry import Registry
from sandbox.salesforce.orgs import Orgs
from sandbox.sites.changes import SiteShelf
from sandbox.sites.hosts import site_in
from sandbox.sites.manners import Manners
from sandbox.sites.truth import expected
from tests.crm.sandboxes import PROJECT, Sandbox
from tests.databases import create_database, drop_database

PUT = """
    INSERT INTO crm.accounts (connection_id, source_object, id, name, website, source_stamp, observed_at, present_at)
    VALUES (%s, 'Account', %s, 'Somebody', %s, '2026-01-01', now(), now())
"""

APART = "SELECT setval('signals.plans', (1000 * extract(epoch FROM clock_timestamp()))::bigint)"
"""What the copies plan has names of its own in the lake that they share."""
KNOWN = """
    INSERT INTO research.sites (site, looked_at, changed_at, outcome, next_look_at)
    SELECT site, now(), now(), 'unreachable', now() + interval '1 day' FROM unnest(%s::text[]) site
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An account: its id, and what its CRM says its web site is."""

    id: str
    website: str | None

    @property
    def injected(self) -> bool:
        """Say whether pages of its site give instructions to machines."""
        company = site_in(self.website)
        return company is not None and Manners(company.host).injected


def chosen(state: Path, plain: int, injected: int) -> list[Chosen]:
    """Return the first accounts of the org, and so many whose sites give instructions to machines."""
    every = (Chosen(row["Id"], row.get("Website")) for row in Orgs(state).get(WORKSPACE).truth("Account"))
    first = list(islice(every, plain))
    return first + list(islice((account for account in every if account.injected), injected))


def stated(state: Path, accounts: Sequence[Chosen], signals: Sequence[str]) -> World:
    """Return what the sites of accounts state about signals."""
    shelf, world = SiteShelf(state), {}
    for account in accounts:
        for row in expected(shelf, account.website, signals, ()):
            found = [(one["values"], [page["url"] for page in one["pages"]]) for one in row["findings"]]
            world[account.id, row["signal"]] = Stated(found)
    return world


@dataclass(frozen=True)
class SignalBook:
    """Where the accounts are, and how processes reach everything.

    Attributes:
        sandbox: Serves their sites and the model.
        server: Has the database `name`, of which each test gets a copy.
        accounts: All of them.
        variables: The environment of a process that works with it.
        folder: Of logs and scratch files.
    """

    sandbox: Sandbox
    server: Postgres
    name: str
    accounts: Sequence[Chosen]
    variables: Mapping[str, str]
    folder: Path

    def url(self, name: str) -> str:
        """Return the address of a database of the server."""
        return self.server.url.replace("/postgres", f"/{name}")

    @contextmanager
    def copied(self, template: str | None = None) -> Iterator[str]:
        """Give a copy of the database, or of another, for the length of the block."""
        name = f"copy_{uuid4().hex[:12]}"
        create_database(self.server, name, template or self.name)
        with psycopg.connect(self.url(name)) as conn:
            conn.execute(APART)
        try:
            yield self.url(name)
        finally:
            drop_database(self.server, name)

    def asked(self, url: str, runs: int, signals: Sequence[str], **settings: str) -> list[Spent]:
        """Let so many runs ask at once, each in a process of its own, until nothing is open."""
        variables = {**self.variables, "NOOKS_POSTGRES_URL": url, **settings}
        arguments = [[str(number), "0", *signals] for number in range(runs)]
        return together("benchmarks.signals.ours", arguments, variables, self.folder)

    def control(self, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
        """Ask the sandbox, or tell it something."""
        return control(self.sandbox, path, body, method)


def control(sandbox: Sandbox, path: str, body: Mapping[str, Any] | None = None, method: str | None = None) -> Any:
    """Ask a sandbox by its control interface, or tell it something: with a body it is a POST."""
    told = None if body is None else json.dumps(body).encode()
    address = f"http://127.0.0.1:{sandbox.port}/control/{path}"
    request = urllib.request.Request(address, told, {"content-type": "application/json"}, method=method)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def variables(sandbox: Sandbox, url: str, lake: str, bucket: str, home: Path) -> dict[str, str]:
    """Return the environment of a process that works with a sandbox, a database and a lake."""
    return {
        **Environment(home, {"NOOKS_SANDBOX": "true"}).variables(),
        **sandbox.variables,
        "PYTHONPATH": str(PROJECT),
        "NOOKS_HOME": str(home),
        "NOOKS_POSTGRES_URL": url,
        "NOOKS_LAKE_BUCKET": bucket,
        "STORAGE_EMULATOR_HOST": lake,
        "OPENAI_API_KEY": f"sk-sandbox-{WORKSPACE}",
    }


def put(url: str, accounts: Sequence[Chosen]) -> None:
    """Put accounts where a sync would."""
    db = Database(url, size=1)
    try:
        ensure_partitions(db, SALESFORCE.connection)
        Registry(db).add_connection(WORKSPACE, SALESFORCE.kind, SALESFORCE.config, "file:none", sandbox=True)
    finally:
        db.close()
    with psycopg.connect(url) as conn:
        rows = [(SALESFORCE.connection, account.id, account.website) for account in accounts]
        conn.cursor().executemany(PUT.encode(), rows)


def look_in_vain(url: str, sites: Sequence[str]) -> None:
    """Let sites have been looked at, and none have answered."""
    with psycopg.connect(url) as conn:
        conn.execute(KNOWN, [list(sites)])


def make_bucket(name: str) -> None:
    """Make a bucket in the lake that `STORAGE_EMULATOR_HOST` names."""
    storage.Client(project="nooks").create_bucket(name)
