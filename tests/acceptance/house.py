"""The whole platform as its user has it: a project folder of its own, `nooks up`, real processes.

Belongs here: starting it, killing parts of it, waiting for it, comparing it. Does not: know what a test is after.
The folder holds configuration and state only; the code is this checkout's.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import pytest
from dotenv import dotenv_values

from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline, processes, record
from nooks_dagster.local.record import Entry
from nooks_dagster.local.watched import MARKER
from tests.acceptance.comparison import differences
from tests.acceptance.objects import TABLES
from tests.crm.salesforce.world import SECRET, World

PROJECT = Path(__file__).parents[2]
IN_FLIGHT = """
    SELECT holder FROM work.items
    WHERE queue = 'crm.chunks' AND scope = 'crm/' || %s AND state = 'leased' AND lease_until > now()
"""
OPEN = """
    SELECT (SELECT count(*) FROM work.items WHERE scope = 'crm/' || %(name)s AND state <> 'done')
        + (SELECT count(*) FROM work.launches WHERE scope = 'crm/' || %(name)s AND ended_at IS NULL)
    FROM work.items WHERE scope = 'crm/' || %(name)s HAVING count(*) > 1
"""
RUNS = """
    SELECT status, count(*) FROM runs JOIN run_tags USING (run_id)
    WHERE key = 'nooks/workspace' AND value = %s GROUP BY status
"""
RESTED = "UPDATE work.launches SET ended_at = ended_at - interval '10 minutes' WHERE scope = 'crm/' || %s"

Found = TypeVar("Found")


class House:
    """A project folder with a running platform.

    Args:
        root: The folder; made here.
        settings: Lines of `.env` that a person wrote before the first start.
    """

    def __init__(self, root: Path, settings: Mapping[str, object]) -> None:
        self.root = root
        root.mkdir()
        for name in ("workspace.yaml", "dagster.yaml"):
            shutil.copy(PROJECT / name, root)
        (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    @property
    def values(self) -> dict[str, str]:
        """What `.env` says."""
        return {name: value or "" for name, value in dotenv_values(self.root / ".env").items()}

    def nooks(self, *arguments: str, **more: str) -> str:
        """Call the command in a shell that has nothing set; returns what it printed."""
        command = [sys.executable, "-c", "from nooks_dagster.cli import app; app()", *arguments]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env = {**inherited, "PYTHONPATH": str(PROJECT), **more}
        told = subprocess.run(
            command, cwd=self.root, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert told.returncode == 0, f"nooks {' '.join(arguments)}\n{told.stdout}\n{told.stderr}"
        return told.stdout

    def connect(self, workspace: str) -> None:
        """Connect the sandbox's org under the name of another customer."""
        self.nooks(
            "connect", "salesforce", workspace, **{f"SALESFORCE_{name.upper()}": SECRET[name] for name in SECRET}
        )

    def remove(self) -> None:
        """End every process and erase everything."""
        try:
            self.nooks("down", "--erase")
        finally:
            processes.stop(*processes.carriers(MARKER, str(self.root)), grace=0)

    def service(self, name: str) -> Entry:
        """What the supervisor has on record of a service."""
        entries = record.read(self.root / ".nooks" / "stack.json").entries
        return next(entry for entry in entries if entry.name == name)

    def family(self, name: str) -> list[psutil.Process]:
        """A service's process and its descendants; empty while there is none."""
        process = self.service(name).process
        return process.family() if process else []

    def everything(self) -> list[psutil.Process]:
        """The supervisor and all that descends from it, runs too."""
        known = record.read(self.root / ".nooks" / "stack.json")
        assert known.supervisor is not None
        return known.supervisor.family() + [one for entry in known.entries for one in self.family(entry.name)]

    def ask(self, query: str, parameters: Any = None, database: str = "NOOKS_POSTGRES_URL") -> list[tuple[Any, ...]]:
        """Ask a database; while it does not answer there are no rows."""
        address = self.values[database].replace("+psycopg2", "")
        with suppress(psycopg.OperationalError), psycopg.connect(address, connect_timeout=3) as conn:
            cursor = conn.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []
        return []

    def until(self, found: Callable[[], Found | None], wanted: str, seconds: float = 90) -> Found:
        """Look until something is found; the test fails after `seconds`."""
        for _ in deadline.polls(seconds, every=0.1):
            if answer := found():
                return answer
        items = self.ask("SELECT lane, key, state, due_at - now(), reason FROM work.items WHERE state <> 'done'")
        launches = self.ask("SELECT scope, n, run_id, outcome, now() - heartbeat_at FROM work.launches")
        pytest.fail(f"{wanted}: not within {seconds} s\nopen: {items}\nlaunches: {launches}")

    def worker_in_flight(self, workspace: str) -> psutil.Process:
        """Wait until a living run of ours has chunks in flight; returns its process."""

        def working() -> psutil.Process | None:
            numbers = {int(holder.split(":")[1]) for (holder,) in self.ask(IN_FLIGHT, (workspace,))}
            return next((one for one in self.family("code-server") if one.pid in numbers), None)

        return self.until(working, f"chunks of {workspace} in flight")

    def until_nothing_is_open(self, workspace: str) -> None:
        """Wait until the ledger has nothing left to do for a workspace, and no run that does it."""
        self.until(lambda: self.ask(OPEN, {"name": workspace}) == [(0,)], f"everything of {workspace} done")

    def runs(self, workspace: str) -> dict[str, int]:
        """How many runs of a workspace Dagster has in each status."""
        return dict(self.ask(RUNS, (workspace,), "NOOKS_DAGSTER_POSTGRES_URL"))

    def let_rest(self, workspace: str) -> None:
        """Let ten minutes pass for the launches of a workspace that have ended."""
        self.ask(RESTED, (workspace,))

    @cached_property
    def truth(self) -> dict[str, list[dict[str, Any]]]:
        """Every row of each object as the sandbox knows it; its world stands still."""
        world = World(self.root / ".nooks" / "sandbox", 0)
        return {source: world.truth(source) for source in TABLES}

    def differences(self, workspace: str) -> list[str]:
        """What is not as the sandbox has it: rows of the tables, and rows counted in the lake."""
        db = Database(self.values["NOOKS_POSTGRES_URL"], size=1)
        connection = f"{workspace}-salesforce"
        found: list[str] = []
        try:
            for source, table in TABLES.items():
                truth = self.truth[source]
                assert truth
                found += differences(db, table, connection, source, truth)
                found += self._landed(connection, source, len(truth))
        finally:
            db.close()
        return found

    def _landed(self, connection: str, source: str, wanted: int) -> Sequence[str]:
        dataset = f"%/connection={connection}/source={source}"
        query = "SELECT sum(rows)::int FROM lake.parts WHERE dataset LIKE %s"
        landed = self.ask(query, (dataset,))[0][0]
        return [] if landed == wanted else [f"{source}: {landed} rows landed instead of {wanted}"]
