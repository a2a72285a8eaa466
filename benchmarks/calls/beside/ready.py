"""What is made ready before calls come: connections, first histories of small orgs, a book with its documents.

Belongs here: all that would else be in the measured time. Does not: what goes on in it (`beside.going_on`).
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from typing import Any

import psycopg

from benchmarks.calls.beside.wish import BOOK, HISTORY, Beside
from benchmarks.calls.house import House
from benchmarks.crms import SALESFORCE, WORKSPACE
from benchmarks.services import Services
from benchmarks.signals.growth import ACCOUNTS, PAGES, SITES
from benchmarks.signals.processes import together
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Transient
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.signals.plans import plan_research
from nooks_dagster.workspaces.registry import Connection, Registry
from nooks_dagster.workspaces.secrets import FileSecrets

LEASE = timedelta(seconds=30)
RUNNING = "benchmarks.calls.beside.running"
UNREAD = f"""
    SELECT count(*) FROM work.items
    WHERE parent IS NULL AND scope <> 'crm/{HISTORY}' AND scope LIKE 'crm/%' AND state <> 'done' AND due_at <= now()
"""


def make_ready(house: House, where: Services, beside: Beside) -> None:
    """Connect what is wanted, and read what must be there.

    Args:
        house: Where the calls are measured.
        where: Its services, as a process beside the calls sees them.
        beside: What is wanted.

    Raises:
        Failure: It could not be read; says why.
    """
    with closing(Database(where.url, size=1)) as db:
        if beside.history:
            _plan_history(db, _connect(db, where, HISTORY), Request(objects=("contacts",)))
        for name in beside.customers:
            options = {"cadence_minutes": beside.cadence_minutes}
            _plan_history(db, _connect(db, where, name, options), Request())
        if beside.syncs:
            _read_histories(house, where, beside.customers)
        if beside.accounts:
            _plan_history(db, Registry(db).connection(SALESFORCE.connection), Request(objects=("accounts",)))
            _read_histories(house, house.where, [WORKSPACE])
            _fill_book(db, house.where, beside.accounts)


def _connect(db: Database, where: Services, name: str, options: Mapping[str, Any] | None = None) -> Connection:
    secret = {"consumer_key": f"SANDBOX.{name}", "consumer_secret": f"sandbox-secret-{name}"}
    reference, registry = FileSecrets(where.folder / "secrets").put(name, secret), Registry(db)
    made = registry.add_connection(name, SALESFORCE.kind, {"domain": f"{name}.my"}, reference, sandbox=True)
    ensure_partitions(db, made.id)
    return registry.choose(made.id, options or {})


def _plan_history(db: Database, connection: Connection, request: Request) -> None:
    """Plan the first look as `nooks connect` does, of some objects or of all."""
    first = discovery(connection.workspace, connection.id, "connect", WorkClass.HISTORY, request)
    with db.transaction() as conn:
        Ledger(db, "bench", LEASE).plan(conn, [first])


def _read_histories(house: House, where: Services, workspaces: Sequence[str]) -> None:
    together(RUNNING, [["crm", "once", *workspaces]], where.variables, where.folder)
    if house.ask(UNREAD) != [(0,)]:
        raise Transient("Not all small histories were read.", next_step="Free the machine; try again.")


def _fill_book(db: Database, where: Services, accounts: int) -> None:
    """Make a book of so many accounts, whose sites have the documents that those of the callers' org have."""
    made = _connect(db, where, BOOK)
    together("benchmarks.signals.reading", [[]], where.variables, where.folder)
    values = {"connection": made.id, "accounts": accounts, "one_in": 1}
    with psycopg.connect(where.url) as conn:
        for statement in (ACCOUNTS, SITES, PAGES):
            conn.execute(statement.encode(), values)
    with db.transaction() as conn:
        plan_research(conn, Ledger(db, "bench", LEASE), BOOK, "first", WorkClass.HISTORY)
