"""The embedded Postgres: a data folder, a port, and the server that keeps them.

Belongs here: creating the data folder, healing what a crash left, and the settings of the server.
Does not: restarting it when it dies (`nooks_dagster.local.supervisor`), nor schemas (`database`).
"""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg

from nooks_dagster.failures import Failure, Permanent, Transient
from nooks_dagster.local import binaries, deadline, ports, processes
from nooks_dagster.local.account import Account

ROOM = 256 << 20  # bytes: a first start writes 40 MB, and a server out of disk cannot even clean up

# For a laptop with two cores, whose data must survive kill -9 and a power cut.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # everybody comes by TCP; a socket path may be 107 bytes long at most
    "max_connections": "300",  # 24 processes with pools of 12
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "wal_level": "minimal",  # nobody replicates it, and COPY into a new table then skips the log
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No personal data in the log: an error's text, its detail and its statement carry values of rows.
    "log_min_messages": "log",  # lifecycle, FATAL and PANIC; the ERRORs of a statement go to its client only
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True)
class Postgres:
    """A private Postgres server.

    Args:
        folder: Where it keeps everything; created when missing.
        port: Its TCP port on 127.0.0.1.
        durable: False only for tests: faster, and a power cut may lose everything.
    """

    folder: Path
    port: int
    durable: bool = True
    account: Account = field(default_factory=Account.choose)

    @property
    def url(self) -> str:
        """Return the address of the server's maintenance database."""
        return f"postgresql://nooks@127.0.0.1:{self.port}/postgres"

    def home(self) -> Path:
        """Return the folder that really holds the data.

        Root's server runs as another account, which cannot enter a project below a closed home such as /root:
        then the data is in /var/lib, and `folder` a link to it.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if not self.folder.exists() and not self.account.can_enter(self.folder.parent):
            elsewhere = Path("/var/lib") / f"nooks-postgres-{uuid4().hex[:12]}"
            self.account.owns(elsewhere)
            self.folder.unlink(missing_ok=True)  # a link that leads nowhere
            self.folder.symlink_to(elsewhere)
        return self.folder.resolve()

    def prepare(self) -> list[str]:
        """Make the data folder ready, heal what a crash left, and return the command of the server.

        Raises:
            Permanent: The folder belongs to another major version, another account, or to something else.
            Transient: The port is busy or the disk is full.
        """
        home = self.home()
        self.account.owns(home)
        if (free := shutil.disk_usage(home).free) < ROOM:
            raise Transient(
                f"The disk of {home} has {free >> 20} MB left and Postgres needs {ROOM >> 20}.",
                next_step="Free some space and try again.",
            )
        programs = binaries.readable_by(self.account, binaries.find(), home)
        data = home / "data"
        if not data.exists():
            self._create(programs, data)
        _check_version(programs, data)
        _heal(data)
        if not ports.is_free(self.port):
            raise ports.busy(self.port, "Postgres")
        settings = SETTINGS | ({} if self.durable else FAST_AND_FORGETFUL) | {"port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(programs / "postgres"), "-D", str(data), *options]

    def start(self, log: Path, seconds: float = 60) -> processes.Process:
        """Start the server and return when it accepts a query.

        Raises:
            Failure: It cannot run; says why.
        """
        process = processes.start(self.prepare(), log, cwd=Path("/"), identity=self.account.identity)
        for _ in deadline.polls(seconds):
            if self.answers():
                return process
            if not process.alive():
                raise self._explain(log)
        processes.stop(process, grace=5)
        raise Transient(f"Postgres did not accept a query within {seconds:.0f} s.", next_step=f"See {log}.")

    def answers(self) -> bool:
        """Tell whether the server accepts a query now."""
        try:
            with psycopg.connect(self.url, connect_timeout=2) as connection:
                return connection.execute("SELECT 1").fetchone() == (1,)
        except psycopg.Error:
            return False

    def _create(self, programs: Path, data: Path) -> None:
        """Create it under another name first, so that an interrupted initdb is simply done again."""
        part = data.with_name("data.part")
        shutil.rmtree(part, ignore_errors=True)
        modern = binaries.major(programs) >= 17
        options = ["--auth=trust", "--username=nooks", "--encoding=UTF8"]
        options += ["--locale-provider=builtin", "--locale=C.UTF-8"] if modern else ["--no-locale"]
        options += [] if self.durable else ["--no-sync"]
        command = [str(programs / "initdb"), "-D", str(part), *options]
        result = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **self.account.identity)
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["it was killed"])[-1]
            raise Transient(f"Postgres could not create its data folder {data}: {reason}", next_step="Try again.")
        part.rename(data)

    def _explain(self, log: Path) -> Failure:
        lines = log.read_text(errors="replace").splitlines()[-20:] if log.exists() else []
        fatal = next((line for line in reversed(lines) if "FATAL" in line or "PANIC" in line), "it left no message")
        if "No space left on device" in fatal:
            return Transient(
                f"Postgres has no disk space left in {self.home()}.",
                next_step="Free some space and try again.",
            )
        return Transient(f"Postgres stopped while starting: {fatal}.", next_step=f"See {log}.")


def _check_version(programs: Path, data: Path) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise Permanent(f"{data} is not a Postgres data folder.", next_step="Move it away and try again.") from None
    if found != str(binaries.major(programs)):
        raise Permanent(
            f"{data} was written by Postgres {found}, and this server is version {binaries.major(programs)}.",
            next_step=f"Set NOOKS_PG_BIN to binaries of version {found}, or begin anew with `make clean`.",
        )


def _heal(data: Path) -> None:
    """Remove what kill -9 or a reboot left: a pid file whose number another process has, and lone backends.

    Postgres itself refuses to start while any process has the number in the file, and while a backend of the
    dead server still holds its shared memory.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    first = pid_file.read_text(errors="replace").partition("\n")[0].strip()
    servers = {process.pid: process for process in _servers_in(data)}
    if first.isdigit() and int(first) in servers:
        raise Transient(f"A Postgres (process {first}) already runs in {data}.", next_step="Stop it, or `nooks up`.")
    for backend in servers.values():
        backend.kill()
    psutil.wait_procs(list(servers.values()), timeout=10)
    pid_file.unlink()


def _servers_in(data: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["name", "cwd"]):
        if process.info["name"] == "postgres" and process.info["cwd"] == str(data):
            yield process
