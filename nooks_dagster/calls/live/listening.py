"""Listening: wakes a worker when a call was accepted, and once a second in any case.

Belongs here: LISTEN on a connection of its own, past any pooler. Does not: claiming (`calls.pipeline.crew`).
"""

import logging
import threading
from types import TracebackType
from typing import Self

import psycopg

from nooks_dagster.calls.work import CHANNEL
from nooks_dagster.database.pool import connect
from nooks_dagster.failures import Failure

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0


class Listener:
    """Sets an event at each notice; a context manager that runs the thread.

    Args:
        url: Of the database itself: a pooler in transaction mode passes no notices.
        wake: What to set.
    """

    def __init__(self, url: str, wake: threading.Event) -> None:
        self._url = url
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="call-listener", daemon=True)

    def __enter__(self) -> Self:
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening; the thread notices within a second."""
        self._stopping.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._url, autocommit=True) as conn:
                    conn.execute(f"LISTEN {CHANNEL}")
                    self._hear(conn)
            except (psycopg.Error, Failure) as error:
                log.warning("nobody tells of new calls (%s); looking once a second", type(error).__name__)
                self._wake.set()
                self._stopping.wait(POLL_SECONDS)

    def _hear(self, conn: "psycopg.Connection") -> None:
        while not self._stopping.is_set():
            for _ in conn.notifies(timeout=POLL_SECONDS, stop_after=1):
                pass
            self._wake.set()
