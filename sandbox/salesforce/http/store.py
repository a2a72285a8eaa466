"""The small durable memory of the HTTP interface: one SQLite file per state folder.

Belongs here: opening the file, the tables, running a statement.
Does not: what the rows mean (`tokens`, `locators`, `limits`), records of orgs (`sandbox.salesforce.orgs`).
"""

import sqlite3
import threading
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, org TEXT, expires REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS locators (
    id TEXT PRIMARY KEY, org TEXT, soql TEXT, include_deleted INT, page_size INT, total INT, expires REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    locator TEXT, page_start INT, position TEXT, PRIMARY KEY (locator, page_start)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage (org TEXT, hour INT, calls INT, PRIMARY KEY (org, hour)) WITHOUT ROWID;
"""


class Store:
    """Statements against one SQLite file, from any thread, each committed when it returns.

    A commit survives SIGKILL of the process; it is not flushed to disk, which only a power cut would show
    (synchronous=OFF: 20 microseconds a call instead of milliseconds).
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its side files the same mode; all of them hold tokens.
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES)

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()
