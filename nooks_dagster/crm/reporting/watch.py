"""Watching a sync from outside, by the ledger alone: what is under way, and whether it gets anywhere.

Belongs here: which windows are meant, and when there is nothing left to wait for. Does not: showing them
(`nooks_dagster.cli`), doing the work.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.crm.reporting.progress import WindowProgress, progress_of
from nooks_dagster.crm.reporting.status import Standing
from nooks_dagster.crm.work import DISCOVERIES, WINDOWS, scope_of
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import Queue
from nooks_dagster.ledger.statements import THERE
from nooks_dagster.workspaces.registry import Connection

PATIENCE = timedelta(seconds=30)  # a try that failed is repeated within seconds; what is due later is parked

NEWEST = "SELECT coalesce(max(id), 0) FROM work.items"
# The head of each lane: those behind it wait for it.
LOOKS = f"""
    SELECT DISTINCT ON (lane) lane AS connection, reason, state = 'blocked' OR due_at > now() + %s AS stuck
    FROM work.items
    WHERE queue = %s AND lane = ANY(%s) AND state IN ('waiting', 'leased', 'blocked') AND {THERE} ORDER BY lane, id
"""  # noqa: S608 - a constant
# Also those that came and ended between two looks.
MEANT = """
    SELECT id FROM work.items
    WHERE (state IN ('waiting', 'leased', 'blocked') OR id > %(newest)s) AND queue = %(queue)s AND parent IS NULL
        AND scope = ANY(%(scopes)s) AND (%(objects)s::text[] IS NULL OR payload ->> 'canonical' = ANY(%(objects)s))
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a connection has is being found out, or that is stuck."""

    connection: str
    reason: str | None
    stuck: bool


@dataclass(frozen=True, slots=True)
class Look:
    """How it stands: windows that are watched, finished ones too, and connections that are looked into before."""

    windows: Sequence[WindowProgress]
    findings: Sequence[Finding]

    @property
    def over(self) -> bool:
        """Say whether nothing moves any more: all is done, or what is not waits for a person or for long."""
        return all(one.stuck for one in self.findings) and all(_stuck(head) for head in self._heads())

    @property
    def troubles(self) -> Sequence[str]:
        """Return in sentences what is not done, and why."""
        found = [f"{one.connection} cannot be looked into: {one.reason or 'parked'}" for one in self.findings]
        return found + [f"{_name(w)} is {w.standing}: {w.reason or 'no run works on it'}" for w in self._heads()]

    def _heads(self) -> Sequence[WindowProgress]:
        heads: dict[tuple[str, str], WindowProgress] = {}
        for window in sorted(self.windows, key=lambda w: w.id):
            if window.standing is not Standing.COMPLETE:
                heads.setdefault(window.lane, window)
        return list(heads.values())


class Watch:
    """Watches what is under way of some connections, from now on.

    What is planned after everything wished for is known belongs to others: a schedule would else keep us for ever.

    Args:
        db: The platform's database.
        connections: Of whatever workspaces.
        objects: Canonical names; none for all.
        queue: Where what is watched waits: windows, or sweeps.
    """

    def __init__(
        self, db: Database, connections: Sequence[Connection], objects: Sequence[str] = (), queue: Queue = WINDOWS
    ) -> None:
        self._db = db
        self._queue = queue
        self._connections = [c.id for c in connections]
        self._scopes = sorted({scope_of(c.workspace) for c in connections})
        self._objects = list(objects) or None
        self._windows: dict[int, WindowProgress | None] = {}
        self._known = False
        with db.transaction() as conn:
            ((self._newest,),) = conn.execute(NEWEST).fetchall()

    def look(self) -> Look:
        """Return how it stands now."""
        with self._db.transaction() as conn:
            findings: list[Finding] = []
            if not self._known:
                findings = self._findings(conn)
                # In this order: a discovery ends in the transaction that plans its windows.
                self._windows |= {id_: None for id_ in self._meant(conn) if id_ not in self._windows}
                self._known = not findings
            moving = [id_ for id_, seen in self._windows.items() if not seen or seen.standing is not Standing.COMPLETE]
            self._windows |= {window.id: window for window in progress_of(conn, moving)}
        return Look([window for window in self._windows.values() if window], findings)

    def _findings(self, conn: psycopg.Connection[Any]) -> list[Finding]:
        values = (PATIENCE, DISCOVERIES.name, self._connections)
        return conn.cursor(row_factory=class_row(Finding)).execute(LOOKS.encode(), values).fetchall()

    def _meant(self, conn: psycopg.Connection[Any]) -> list[int]:
        values = {"newest": self._newest, "queue": self._queue.name, "scopes": self._scopes, "objects": self._objects}
        return [id_ for (id_,) in conn.execute(MEANT, values)]


def _stuck(window: WindowProgress) -> bool:
    blocked = window.standing is Standing.BLOCKED
    return blocked or (window.standing is Standing.PARKED and window.next_in > PATIENCE)


def _name(window: WindowProgress) -> str:
    return f"{window.connection}/{window.source}"
