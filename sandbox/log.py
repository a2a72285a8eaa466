"""Entries that are durable once they are appended, in one order for all threads and processes.

Belongs here: SQLite. Does not: what an entry says.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

Entry = dict[str, Any]
"""A JSON object: what one call changed."""


class Log:
    """The entries of one org or portal. Callers hold `lock` from reading until they have used what they read."""

    def __init__(self, path: Path) -> None:
        self.lock = RLock()
        self._connection = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, entry TEXT NOT NULL)")
        self.seen = 0
        """The number of the last entry that was read, or appended here."""
        self._version = -1
        self._depth = 0

    def unseen(self) -> Iterator[Entry]:
        """Yield the entries that were appended since the last call, by whichever process; at 3 µs when there are none.

        The mark that other connections leave (`data_version`) is read before the entries: rather once too often.
        """
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return
        self._version = version
        rows = self._connection.execute("SELECT number, entry FROM entries WHERE number > ? ORDER BY 1", (self.seen,))
        for number, entry in rows.fetchall():
            self.seen = number
            yield json.loads(entry)

    @contextmanager
    def reading(self, take_in: Callable[[Entry], None]) -> Iterator[None]:
        """Keep everything as it is while the block looks at it, up to date with what other processes wrote."""
        with self.lock:
            for entry in self.unseen():
                take_in(entry)
            yield

    @contextmanager
    def glancing(self, take_in: Callable[[Entry], None]) -> Iterator[None]:
        """Be up to date for the block as in `reading`, but wait for nobody: while somebody writes, as of before."""
        if self.lock.acquire(blocking=False):
            try:
                with self.reading(take_in):
                    pass
            finally:
                self.lock.release()
        yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other processes from appending while the block looks at what there is, and appends.

        Within such a block another is part of it: all that they append is there, or nothing.
        """
        with self.lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def append(self, entry: Entry) -> None:
        """Add an entry, within `writing`; the one who appends knows what it says."""
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        self.seen = self._connection.execute("INSERT INTO entries (entry) VALUES (?)", (text,)).lastrowid or 0
