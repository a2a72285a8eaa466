"""The checks of `nooks doctor`: each looks at one thing, and asks the real thing.

Belongs here: what is asked, and what the answer means. Does not: mending (`nooks up`), printing (`cli.doctor`).
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
from alembic.script import ScriptDirectory

from nooks_dagster.cli.worlds import refuse_mixed
from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.lifecycle.pausing import RESTING
from nooks_dagster.database import migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.lake.documents import Document
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.local import health
from nooks_dagster.local.environment import Environment
from nooks_dagster.settings import Settings, settings
from nooks_dagster.workspaces.registry import Connection, ConnectionState, Registry

PYTHON = ((3, 11), (3, 13))
LEAST_FREE_BYTES = 2 * 1024**3  # Postgres stops writing near zero; a day of the sample workspace is 200 MB
LAKE_SECONDS = 5.0
_MARKER = ".nooks/doctor.json"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: a sentence, and a next step when it is not well."""

    name: str
    ok: bool
    what: str
    next_step: str = ""


def machine_checks(environment: Environment) -> Iterator[Finding]:
    """Yield what is found about this machine and the services that `.env` names."""
    chosen = settings()
    checks: dict[str, Callable[[], str]] = {
        "Python": _python,
        ".env": lambda: _dotenv(environment),
        "Disk": lambda: _disk(environment.root),
        "Postgres": lambda: _postgres(chosen),
        "Lake": lambda: _lake(chosen),
        "Outside world": lambda: _outside(environment),
        "Ingest": lambda: _ingest(chosen),
        "Dagster's daemon": lambda: _daemon(environment),
        "Dagster's UI": lambda: _webserver(environment),
    }
    for name, check in checks.items():
        yield _found(name, check)


def connection_checks() -> Iterator[Finding]:
    """Yield what is found about each connection: whether it may be used, logs in, and has calls left."""
    chosen = settings()
    with Database(chosen.postgres_url, size=2) as db:
        for connection in _connections(db):
            yield _found(f"Connection {connection.id}", partial(_connection, db, connection, chosen))


def _connections(db: Database) -> Sequence[Connection]:
    try:
        return Registry(db).connections()
    except (Failure, psycopg.Error):
        return ()  # Postgres has a check of its own


def _found(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, ok=True, what=check())
    except Failure as failure:
        return Finding(name, ok=False, what=failure.what, next_step=failure.next_step)
    except (OSError, psycopg.Error) as error:
        what = f"It does not answer ({type(error).__name__})."
        return Finding(name, ok=False, what=what, next_step="Start it with `make up`.")


def _python() -> str:
    version = sys.version_info[:2]
    if not PYTHON[0] <= version <= PYTHON[1]:
        raise Permanent(f"{version[0]}.{version[1]} is not supported.", next_step="Use Python 3.11, 3.12 or 3.13.")
    return f"{version[0]}.{version[1]}"


def _dotenv(environment: Environment) -> str:
    if not environment.values:
        raise Permanent("There is none.", next_step="`make up` writes one.")
    return f"{len(environment.values)} settings from {environment.root / '.env'}"


def _disk(folder: Path) -> str:
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE_BYTES:
        raise Permanent(
            f"Only {free / 1024**3:.1f} GB are free below {folder}.",
            next_step="Free some space; nothing is lost, but work stops when it is full.",
        )
    return f"{free / 1024**3:.0f} GB free"


def _postgres(chosen: Settings) -> str:
    with Database(chosen.postgres_url, size=1) as db, db.transaction() as conn:
        exists = conn.execute("select to_regclass('public.schema_version')").fetchone()
        row = conn.execute("select version_num from public.schema_version").fetchone() if exists and exists[0] else None
    newest = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations")).get_current_head()
    if row is None or row[0] != newest:
        raise Permanent(
            f"Its schema is at {row[0] if row else 'nothing'}, this release needs {newest}.",
            next_step="Run `make up`: it applies migrations.",
        )
    return f"answers, schema at {newest}"


def _lake(chosen: Settings) -> str:
    def counted(standing: Document) -> int:
        return standing.value + 1 if isinstance(standing.value, int) else 1

    Lake(chosen.lake_bucket, patience=LAKE_SECONDS).swap_json(_MARKER, counted)
    return f"bucket {chosen.lake_bucket} can be read and written"


def _outside(environment: Environment) -> str:
    refuse_mixed(environment, sandbox=environment.sandboxed)
    if not environment.sandboxed:
        return "real"
    address = os.environ["HTTPS_PROXY"].removesuffix("/")
    health.http(f"{address}/health")
    return f"SANDBOX at {address}"


def _ingest(chosen: Settings) -> str:
    address = f"http://{chosen.ingest_host}:{chosen.ingest_port}"
    if trouble := health.http(f"{address}/healthz"):
        raise Permanent(trouble, next_step="It takes no call while Postgres is down; `make up` mends both.")
    return f"takes calls at {address}"


def _daemon(environment: Environment) -> str:
    url = environment.values.get("NOOKS_DAGSTER_POSTGRES_URL", "").replace("+psycopg2", "")
    if silence := health.daemon(url, 0):
        raise Permanent(silence, next_step="Start it with `make up`; nothing is synced until then.")
    return "schedules, sensors and queue are alive"


def _webserver(environment: Environment) -> str:
    port = environment.port("NOOKS_UI_PORT")
    if trouble := health.webserver(port):
        raise Permanent(trouble, next_step="`dagster definitions validate` shows the whole error.")
    return f"http://127.0.0.1:{port}"


def _connection(db: Database, connection: Connection, chosen: Settings) -> str:
    if connection.state in RESTING:
        return f"{connection.state}. {connection.state_reason}"
    if connection.state is not ConnectionState.ACTIVE:
        raise Permanent(
            f"It is {connection.state}. {connection.state_reason}".strip(),
            next_step=f"`nooks connect {connection.kind} {connection.workspace}` tries it again.",
        )
    if connection.sandbox is not chosen.sandbox:
        worlds = ("the sandbox's", "real") if connection.sandbox else ("a real one", "the SANDBOX")
        raise Permanent(
            f"It is {worlds[0]}, and the outside world is {worlds[1]}: nothing is sent.",
            next_step="Change NOOKS_SANDBOX in .env, or remove the connection.",
        )
    connector = shared_connectors(db)(connection, WorkClass.LIVE)
    objects = len(connector.objects())
    usage = connector.usage()
    quota = f", {usage.used:,} of {usage.limit:,} API calls used" if usage.used is not None and usage.limit else ""
    return f"logs in, {objects} objects{quota}"
