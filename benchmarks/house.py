"""The whole platform in a folder below /tmp, as `make up` starts it, and many workspaces that share one org.

Belongs here: starting it, connecting the crowd, ending it for certain. Does not: measuring (`benchmarks.cadence`).
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from dotenv import dotenv_values

from benchmarks.services import PROJECT, ended_by_sigterm
from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.local import deadline, processes, record
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.watched import MARKER
from nooks_dagster.workspaces.registry import Registry

SAMPLE = "initech"
SERVICES = ("daemon", "code-server", "webserver", "postgres", "lake", "sandbox")
HISTORY_SECONDS = 300

UNFINISHED = """
    SELECT (SELECT count(*) FROM work.items WHERE scope = 'crm/' || %(name)s
            AND (state NOT IN ('waiting', 'done') OR (state = 'waiting' AND (fence > 0 OR due_at <= now()))))
        + (SELECT count(*) FROM work.launches WHERE ended_at IS NULL), count(*) FROM crm.watermarks
"""
BROUGHT_UP = """
    INSERT INTO crm.watermarks (connection_id, source_object, watermark, fields)
    SELECT %s, source_object, watermark, fields FROM crm.watermarks WHERE connection_id = %s
"""


@dataclass(frozen=True, slots=True)
class House:
    """A running platform: its folder, and what its `.env` says."""

    root: Path
    values: Mapping[str, str]

    @property
    def url(self) -> str:
        """Return the platform's database."""
        return self.values["NOOKS_POSTGRES_URL"]

    @property
    def dagster_url(self) -> str:
        """Return the database of Dagster's storage."""
        return self.values["NOOKS_DAGSTER_POSTGRES_URL"].replace("+psycopg2", "")

    def pids(self) -> Mapping[str, int]:
        """Return the root process of each service that runs."""
        entries = record.read(self.root / ".nooks" / "stack.json").entries
        return {one.name: one.process.pid for one in entries if one.process and one.name in SERVICES}


@contextmanager
def house(kind: str, settings: Mapping[str, str]) -> Iterator[House]:
    """Run the platform for the length of the block, with the history of its sample's org or portal read; then erase it.

    Raises:
        Permanent: It did not start, or the history did not end in five minutes.
    """
    root = Path(tempfile.mkdtemp(prefix="nooks-cadence-"))
    root.chmod(0o755)
    for name in ("workspace.yaml", "dagster.yaml"):
        shutil.copy(PROJECT / name, root)
    chosen = {"NOOKS_SAMPLES": SAMPLE, "NOOKS_UI_PORT": str(free_port()), **settings}
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in chosen.items()))
    try:
        with ended_by_sigterm():
            _nooks(root, "up")
            values = {name: value or "" for name, value in dotenv_values(root / ".env").items()}
            made = House(root, values)
            _until_brought_up(made, kind)
            yield made
    finally:
        _nooks(root, "down", "--erase", check=False)
        processes.stop(*processes.carriers(MARKER, str(root)), grace=0)
        shutil.rmtree(root, ignore_errors=True)


def connect(where: House, kind: str, count: int) -> None:
    """Register so many workspaces of the sample's org or portal, as far as the sample's own history came.

    They have no rows: what a sync of nothing new costs does not depend on them.
    """
    db, sample = Database(where.url, size=1), f"{SAMPLE}-{kind}"
    try:
        registry = Registry(db)
        like = registry.connection(sample)
        for number in range(count):
            name = f"customer-{number:03d}"
            one = registry.add_connection(name, kind, like.config, like.secret_ref, sandbox=True)
            ensure_partitions(db, one.id)
            with db.transaction() as conn:
                conn.execute(BROUGHT_UP, (one.id, sample))
    finally:
        db.close()


def _nooks(root: Path, *arguments: str, check: bool = True) -> None:
    command = [sys.executable, "-c", "from nooks_dagster.cli import app; app()", *arguments]
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        command, cwd=root, env=kept | {"PYTHONPATH": str(PROJECT)}, capture_output=True, text=True, check=False
    )
    if check and done.returncode:
        raise Permanent(f"`nooks {' '.join(arguments)}` failed: {(done.stdout + done.stderr).strip()[-2000:]}")


def _until_brought_up(where: House, kind: str) -> None:
    for _ in deadline.polls(HISTORY_SECONDS, every=1):
        with psycopg.connect(where.url) as conn:
            ((unfinished, watermarks),) = conn.execute(UNFINISHED, {"name": SAMPLE}).fetchall()
        if watermarks and not unfinished:
            return
    raise Permanent(f"The history of the sample's {kind} did not end.", next_step="Free the machine; try again.")
