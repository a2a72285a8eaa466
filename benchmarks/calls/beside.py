"""A history beside the calls: contacts of another org, read by a process of its own while calls come.

Belongs here: that org, its connection, the process. Does not: what it costs (`benchmarks.history`).
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.calls.house import House
from benchmarks.crms import CONTACTS_PER_ACCOUNT
from benchmarks.services import PROJECT
from nooks_dagster.crm.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces.registry import Registry
from nooks_dagster.workspaces.secrets import FileSecrets

NAME = "history"
SECRET = {"consumer_key": f"SANDBOX.{NAME}", "consumer_secret": f"sandbox-secret-{NAME}"}


def world(rows: int) -> list[str]:
    """Return the sandbox's options for an org with so many contacts; none for no rows."""
    return ["--org", f"{NAME}={rows // CONTACTS_PER_ACCOUNT}"] if rows else []


@contextmanager
def reading(house: House, rows: int) -> Iterator[None]:
    """Let the history be read while the block runs; what is not read by then stays unread."""
    if not rows:
        yield
        return
    db = Database(house.where.url, size=1)
    try:
        reference = FileSecrets(house.where.folder / "secrets").put(NAME, SECRET)
        made = Registry(db).add_connection(NAME, "salesforce", {"domain": f"{NAME}.my"}, reference, sandbox=True)
        ensure_partitions(db, made.id)
    finally:
        db.close()
    command = [sys.executable, "-m", "benchmarks.calls.people", NAME]
    with (house.where.folder / "history.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=house.where.variables, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def read(house: House) -> int:
    """Return how many contacts of the history were read."""
    ((rows,),) = house.ask("SELECT count(*) FROM crm.contacts WHERE connection_id = 'history-salesforce'")
    return int(str(rows))
