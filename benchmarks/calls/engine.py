"""What the engine of calls costs by itself: `python -m benchmarks.calls.engine --calls 2000`.

Belongs here: stages that take no time, and the sums. Does not: ingest, models, CRMs (they are measured with the whole).
"""

import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, cast

import psutil
import psycopg
import typer

from nooks_dagster.calls.ingest.accepting import Offer, accept_all
from nooks_dagster.calls.model import WORKED, Made, Outcome, Stage, Status, Task
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.submission import Submission
from nooks_dagster.database.migrate import migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.asking import Seller
from nooks_dagster.local import processes
from nooks_dagster.local.ports import free_port
from nooks_dagster.local.postgres import Postgres
from nooks_dagster.settings import Settings

WORKSPACES = 20
AT_ONCE = 100
LEASE = timedelta(seconds=30)
TOLD = """
    {"call_id": "call-%d", "direction": "outbound", "started_at": "2026-11-29T10:00:00Z",
     "ended_at": "2026-11-29T10:05:00Z", "disposition": "connected", "recording_consent": true,
     "rep": {"email": "rep@acme.example"}, "prospect": {"phone": "+14155550100"}}
"""
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


@dataclass(frozen=True, slots=True)
class Instant:
    """A stage that makes an object at once, as those do that buy or read; two have none to make."""

    stage: Stage
    version: str = "1"

    def run(self, task: Task) -> Outcome:
        """Return what the stage would."""
        if self.stage is Stage.TRANSLATE:
            return Outcome(Made(Status.SKIPPED))
        if self.stage is Stage.CONTACT:
            return Outcome(Made(Status.DONE, facts={"outcome": "unknown"}))
        return Outcome(Made(Status.DONE, Handle(f"gs://none/{task.object_name(self.stage, 'json')}", 1, 2, "0" * 64)))


def main(
    calls: Annotated[int, typer.Option(min=100, help="Calls that wait when it begins.")] = 2_000,
    hands: Annotated[int, typer.Option(min=1, help="Calls in hand.")] = 24,
) -> None:
    """Take calls through stages that take no time; print CPU and transactions of each."""
    with lone_postgres() as (server, pid):
        db = Database(server, size=6)
        _accept(db, calls)
        before = _commits(server), _cpu(pid), time.process_time(), time.perf_counter()
        _work(db, Settings(postgres_url=server), hands)
        mine, wall = time.process_time() - before[2], time.perf_counter() - before[3]
        theirs = _cpu(pid) - before[1]
        db.close()  # its sessions tell what they did when they end
        commits = _commits(server) - before[0]
        typer.echo(
            f"{calls / wall:.0f} calls/s; a call: Python {1_000 * mine / calls:.2f} ms of CPU, Postgres ", nl=False
        )
        typer.echo(f"{1_000 * theirs / calls:.2f} ms, {commits / calls:.1f} transactions")


@contextmanager
def lone_postgres() -> Iterator[tuple[str, int]]:
    """Run a durable Postgres with all tables for as long as the block lasts; give its address and process number."""
    folder = Path(tempfile.mkdtemp(prefix="nooks-bench-"))
    folder.chmod(0o755)  # root's Postgres runs under another account
    server = Postgres(folder / "postgres", free_port())
    process = server.start(folder / "postgres.log")
    try:
        migrate(server.url)
        yield server.url, process.pid
    finally:
        processes.stop(process, grace=10, first=signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


def _accept(db: Database, calls: int) -> None:
    names = [f"workspace-{n}" for n in range(WORKSPACES)]
    with db.transaction() as conn:
        conn.execute("insert into workspaces.workspaces (name) select unnest(%s::text[])", (names,))
    for start in range(0, calls, AT_ONCE):
        bodies = [(n, (TOLD % n).encode()) for n in range(start, start + AT_ONCE)]
        offers = [
            Offer(names[n % WORKSPACES], Submission.model_validate_json(body), sha256(body).digest())
            for n, body in bodies
        ]
        with db.transaction() as conn:
            accept_all(conn, offers, "bench")


def _work(db: Database, settings: Settings, hands: int) -> None:
    works = {stage: Instant(stage) for stage in WORKED}
    platform = Platform(db, cast(Lake, None), settings, cast(Seller, None), works)
    with LeaseKeeper(db, LEASE, LEASE) as keeper:
        crew = Crew(platform, Ledger(db, "bench", LEASE), keeper, hands)
        while crew.take((crew.free + 1) // 2, WorkClass.LIVE, WorkClass.LIVE) or crew.in_hand:
            crew.wake.wait(0.05)
            crew.wake.clear()


def _commits(server: str) -> int:
    with psycopg.connect(server, autocommit=True) as conn:
        row = conn.execute(COMMITS).fetchone()
    return int(row[0]) if row else 0


def _cpu(pid: int) -> float:
    """Return the seconds of a server, its sessions among them."""
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    return sum(one.user + one.system for one in times)


if __name__ == "__main__":
    typer.run(main)
