"""What a measurement of calls runs on: the services, `nooks ingest`, workspaces with keys and people, live workers.

Belongs here: starting and ending them. Does not: calls (`calls.dialing`), looking (`calls.looks`).
"""

import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import cast

import psycopg

from benchmarks.accounting import cpu_of_tree
from benchmarks.calls.provider import Provider
from benchmarks.calls.staff import Staff
from benchmarks.crms import SALESFORCE, WORKSPACE
from benchmarks.services import PROJECT, START_SECONDS, Services, services
from benchmarks.signals.processes import together
from nooks_dagster.calls.ingest.keys import Issued, Keys
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Transient
from nooks_dagster.local import deadline, health, processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.secrets import FileSecrets

WRITABLE = """
    INSERT INTO crm.writing (connection_id, ready) SELECT id, true FROM workspaces.connections
    ON CONFLICT (connection_id) DO UPDATE SET ready = true
"""
WORKING = "SELECT count(*) FROM work.items WHERE queue = 'calls.workers' AND state = 'leased'"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a house is: live workers, the calls in the hands of each, workspaces, accounts of their org."""

    workers: int = 2
    hands: int = 48
    workspaces: int = 4
    accounts: int = 200


class House:
    """A running house; it stops with the block that made it.

    Args:
        where: The services.
        size: How large it is.

    Attributes:
        parts: The root process of each service.
    """

    def __init__(self, where: Services, size: Size) -> None:
        self.where = where
        self.staff = Staff(where, size.workers)
        self.port = free_port()
        self.keys = _keys(where, size.workspaces)
        self.parts = dict(where.running)
        self.serve()

    def serve(self) -> None:
        """Start `nooks ingest`, and return once it answers."""
        log = self.where.folder / "ingest.log"
        command = [sys.executable, "-m", "nooks_dagster.calls.ingest", "--port", str(self.port)]
        self.parts["ingest"] = processes.start(command, log, cwd=PROJECT, env=self.where.variables)
        if not self.until(lambda: answers(f"http://127.0.0.1:{self.port}/healthz"), START_SECONDS):
            raise Transient(f"`nooks ingest` did not start: {log.read_text()[-2000:]}", next_step="Try again.")

    def cpu(self) -> dict[str, float]:
        """Return the CPU-seconds of every part so far."""
        return {**{name: cpu_of_tree(one.pid) for name, one in self.parts.items()}, **self.staff.cpu()}

    def ask(self, query: str) -> Sequence[tuple[object, ...]]:
        """Ask the platform's database."""
        with psycopg.connect(self.where.url) as conn:
            return conn.execute(query.encode()).fetchall()

    def at_work(self) -> int:
        """Count the live workers; shortly before the hour those of the next one are there as well."""
        ((workers,),) = self.ask(WORKING)
        return cast("int", workers)

    def until(self, found: Callable[[], bool], seconds: float, every: float = 0.1) -> bool:
        """Look until something is so; say whether it was in time."""
        return any(found() for _ in deadline.polls(seconds, every))


def answers(address: str) -> bool:
    """Say whether a service is well."""
    try:
        return not health.http(address)
    except OSError:
        return False


@contextmanager
def house(size: Size, provider: Provider, settings: Mapping[str, str] | None = None) -> Iterator[House]:
    """Run a house for as long as the block lasts; everybody in it is at work when it begins.

    Args:
        size: How large it is.
        provider: How the provider goes.
        settings: More variables of all processes.
    """
    variables = {**_settings(size), **(settings or {})}
    with ExitStack() as undo:
        where = undo.enter_context(services(SALESFORCE, size.accounts, provider.world(), variables))
        _settled(where, size)
        made = House(where, size)
        undo.callback(lambda: processes.stop(*made.parts.values(), grace=30, first=signal.SIGINT))
        undo.enter_context(made.staff.working())
        if not made.until(lambda: made.at_work() >= size.workers, START_SECONDS):
            logs = "".join(log.read_text()[-1000:] for log in where.folder.glob("bench-*.log"))
            raise Transient(f"The live workers did not start: {logs}", next_step="Free the machine; try again.")
        yield made


def _settings(size: Size) -> Mapping[str, str]:
    return {
        "OPENAI_API_KEY": "sk-sandbox-bench",
        "NOOKS_CALLS_LIVE_WORKERS": str(size.workers),
        "NOOKS_CALLS_IN_HAND": str(size.hands),
        "NOOKS_POSTGRES_SESSIONS": "1000",  # as it counts them for the worst case; the server's own number stays
        "NOOKS_LLM_REQUESTS_IN_FLIGHT": "256",
        "NOOKS_LLM_USD_A_DAY": "1000000",  # caps that would measure themselves are out of the way
        "NOOKS_LLM_USD_A_DAY_OF_WORKSPACE": "1000000",
        "NOOKS_LLM_USD_A_DAY_OF_KIND": "1000000",
    }


def _settled(where: Services, size: Size) -> None:
    """Connect the other workspaces to the same org, and read whom they may call."""
    db = Database(where.url, size=1)
    try:
        registry = Registry(db)
        like = registry.connection(SALESFORCE.connection)
        for name in names(size.workspaces)[1:]:
            made = registry.add_connection(name, like.kind, like.config, like.secret_ref, sandbox=True)
            ensure_partitions(db, made.id)
        with db.transaction() as conn:
            conn.execute(WRITABLE)
    finally:
        db.close()
    together("benchmarks.calls.people", [names(size.workspaces)], where.variables, where.folder)


def _keys(where: Services, workspaces: int) -> Sequence[Issued]:
    db = Database(where.url, size=1)
    try:
        keys = Keys(db, FileSecrets(where.folder / "secrets"))
        return [keys.add(name) for name in names(workspaces)]
    finally:
        db.close()


def names(workspaces: int) -> list[str]:
    """Return the names of so many workspaces."""
    return [WORKSPACE, *(f"bench-{number}" for number in range(1, workspaces))]
