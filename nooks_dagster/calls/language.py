"""The language of a workspace: what its calls are translated into.

Belongs here: the choice, remembered for a minute. Does not: which language a call is in (`calls.speech.languages`).
"""

import threading
import time

from nooks_dagster.database.pool import Database

REMEMBERED = 60.0  # seconds; 35 calls a second would ask as often


class Languages:
    """The languages of all workspaces. One of a process, used by many threads at once.

    Args:
        db: The platform's database.
        usual: Of a workspace that chose none (ISO 639-1).
    """

    def __init__(self, db: Database, usual: str) -> None:
        self._db = db
        self._usual = usual
        self._known: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def of(self, workspace: str) -> str:
        """Return the language of a workspace.

        Raises:
            Unavailable: Postgres does not answer.
        """
        now = time.monotonic()
        with self._lock:
            since, language = self._known.get(workspace, (-REMEMBERED, ""))
        if now - since < REMEMBERED:
            return language
        with self._db.transaction() as conn:
            chosen = conn.execute(_CHOSEN, {"workspace": workspace}).fetchall()
        language = next((str(row[0]) for row in chosen), self._usual)
        with self._lock:
            self._known[workspace] = (now, language)
        return language


_CHOSEN = "select language from calls.options where workspace = %(workspace)s and language is not null"
