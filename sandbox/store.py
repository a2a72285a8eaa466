"""A small durable memory: one SQLite file, statements from any thread.

Belongs here: opening the file, running a statement. Does not: tables and what their rows mean (each vendor's).
"""

import sqlite3
import threading
from pathlib import Path
from typing import Any


class Store:
    """Statements against one SQLite file, from any thread, each committed when it returns.

    A commit survives SIGKILL of the process; it is not flushed to disk, which only a power cut would show
    (synchronous=OFF: 20 microseconds a call instead of milliseconds).

    Args:
        path: The file, made if absent.
        tables: Statements that make the tables unless they are there.
    """

    def __init__(self, path: Path, tables: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # SQLite gives its side files the same mode; all of them hold tokens.
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + tables)

    def run(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()
