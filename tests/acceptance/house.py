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
from pathlib import Path
from typing import Any, TypeVar

import psutil
import psycopg
import pytest
from dotenv import dotenv_values

from nooks_dagster.crm.connectors import kind_of
from nooks_dagster.database.pool import Database
from nooks_dagster.local import deadline, processes, record
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.record import Entry
from nooks_dagster.local.samples import SAMPLES
from nooks_dagster.local.watched import MARKER
from nooks_dagster.workspaces.registry import Registry
from sandbox.hubspot.portals import Portals
from sandbox.salesforce.orgs import Orgs
from tests.acceptance.comparison import differences
from tests.acceptance.objects import TABLES, portal_table
from tests.acceptance.portal_comparison import portal_differences
from tests.acceptance.portal_truth import portal_truth
from tests.sandbox.process import RATES

PROJECT = Path(__file__).parents[2]
IN_FLIGHT = """
    SELECT holder FROM work.items
    WHERE queue = 'crm.chunks' AND scope = 'crm/' || %s AND state = 'leased' AND lease_until > now()
"""
RUNS = """
    SELECT status, count(*) FROM runs JOIN run_tags USING (run_id)
    WHERE key = 'nooks/workspace' AND value = %s GROUP BY status
"""
RESTED = "UPDATE work.launches SET ended_at = ended_at - interval '10 minutes' WHERE scope = 'crm/' || %s"

SAMPLE = "initech"
UNLIMITED = " ".join(f"{rate}=1000000" for rate in RATES)
COMPARISONS: Mapping[str, tuple[Callable[..., list[str]], Callable[[str], str]]] = {
    "salesforce": (differences, TABLES.__getitem__),
    "hubspot": (portal_differences, portal_table),
}
"""By kind of CRM, what compares an object, and which table it becomes."""

Found = TypeVar("Found")
Row = dict[str, Any]


class House:
    """A project folder with a running platform, whose one sample workspace has both CRMs: the org and portal `initech`.

    Args:
        root: The folder; made here.
        settings: Lines of `.env` that a person wrote before the first start.
        org: Accounts of the org; 14 rows for each, 5 of them contacts.
        portal: Companies of the portal, likewise.

    Attributes:
        worlds: The sandbox's folder.
    """

    def __init__(self, root: Path, settings: Mapping[str, object], *, org: int, portal: int) -> None:
        self.root = root
        self.worlds = root / ".nooks" / "sandbox"
        self.worlds.mkdir(parents=True)
        Orgs(self.worlds).create_generated(SAMPLE, org, seed=1)
        Portals(self.worlds).create_generated(SAMPLE, portal, seed=1)
        for name in ("workspace.yaml", "dagster.yaml"):
            shutil.copy(PROJECT / name, root)
        settings = {"NOOKS_CRM_CADENCE_MINUTES": 1440, **settings}  # no start by the clock that a test did not ask for
        lines = {"NOOKS_SAMPLES": SAMPLE, "NOOKS_UI_PORT": free_port(), "NOOKS_SANDBOX_HUBSPOT": UNLIMITED, **settings}
        (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in lines.items()))

    @property
    def values(self) -> dict[str, str]:
        """What `.env` says."""
        return {name: value or "" for name, value in dotenv_values(self.root / ".env").items()}

    def nooks(self, *arguments: str, **more: str) -> str:
        """Call the command in a shell that has nothing set; returns what it printed."""
        return self._ended_well(self.begin(*arguments, **more))

    def begin(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """Call the command without waiting for its end."""
        command = [sys.executable, "-c", "from nooks_dagster.cli import app; app()", *arguments]
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        env = {**inherited, "PYTHONPATH": str(PROJECT), **more}
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def connect(self, workspace: str) -> None:
        """Connect the sandbox's org and portal under the name of another customer."""
        calls = []
        for sample in SAMPLES[SAMPLE]:
            words = kind_of(sample.kind).variables
            known = {name: sample.credentials[key] for name, key in words.items() if key in sample.credentials}
            calls.append(self.begin("connect", sample.kind, workspace, **known))
        for call in calls:
            self._ended_well(call)

    def _ended_well(self, call: "subprocess.Popen[str]") -> str:
        told, _ = call.communicate()
        assert call.returncode == 0, f"{call.args!r}\n{told}"
        return told

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

    def until(self, found: Callable[[], Found | None], wanted: str, seconds: float = 150) -> Found:
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

    def runs(self, workspace: str) -> dict[str, int]:
        """How many runs of a workspace Dagster has in each status."""
        return dict(self.ask(RUNS, (workspace,), "NOOKS_DAGSTER_POSTGRES_URL"))

    def let_rest(self, workspace: str) -> None:
        """Let ten minutes pass for the launches of a workspace that have ended."""
        self.ask(RESTED, (workspace,))

    def _truth(self) -> Mapping[str, Mapping[str, Sequence[Row]]]:
        """Every row of each object as the sandbox knows it, by kind of CRM."""
        org, portal = Orgs(self.worlds).get(SAMPLE), Portals(self.worlds).get(SAMPLE)
        return {
            "salesforce": {source: list(org.truth(source)) for source in TABLES},
            "hubspot": portal_truth(portal),
        }

    def differences(self, workspace: str) -> list[str]:
        """What is not as the sandbox has it now, over all connections, row by row."""
        known = self._truth()
        db = Database(self.values["NOOKS_POSTGRES_URL"], size=1)
        found: list[str] = []
        try:
            for connection in Registry(db).connections(workspace):
                compare, table_of = COMPARISONS[connection.kind]
                for source, truth in known[connection.kind].items():
                    found += compare(db, table_of(source), connection.id, source, truth)
        finally:
            db.close()
        return found
