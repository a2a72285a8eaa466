"""The lease keeper: renews what this process holds, from a thread and a connection of its own.

Belongs here: renewal, the stall rule (I12), the heartbeat of the launch. Does not: deciding what to do next.

A thread of its own, because a heartbeat that shares a loop with the work starves exactly when the work is
heavy; a connection of its own, because a pool emptied by the workers must not cost them their leases.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

import psycopg

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Transient
from nooks_dagster.ledger.items import Claim
from nooks_dagster.settings import Settings

log = logging.getLogger(__name__)

# Locked in the order of their ids, as they are completed (`ledger.many`): neither waits for the other in a circle.
RENEW = """
    WITH held AS (
        SELECT i.id FROM work.items i
        JOIN unnest(%(ids)s::bigint[], %(fences)s::bigint[]) AS h (id, fence) ON i.id = h.id AND i.fence = h.fence
        WHERE i.state = 'leased' ORDER BY i.id FOR NO KEY UPDATE OF i
    )
    UPDATE work.items i SET lease_until = now() + %(lease)s FROM held WHERE i.id = held.id RETURNING i.id
"""
BEAT = "UPDATE work.launches SET heartbeat_at = now() WHERE scope = %s AND n = %s AND ended_at IS NULL"


class LeaseKeeper:
    """Keeps claims alive while their work moves; a context manager that runs the thread.

    Args:
        db: A database handle with a connection for this thread alone.
        lease: The length of a lease; renewed at a third of it.
        stall: Work that has not moved for this long loses its lease, so that another may try.
        launch: The launch whose heartbeat goes with it.
    """

    def __init__(self, db: Database, lease: timedelta, stall: timedelta, launch: tuple[str, int] | None = None) -> None:
        self._db = db
        self._lease = lease
        self._stall = stall.total_seconds()
        self._launch = launch
        self._claims: set[Claim] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    def __enter__(self) -> Self:
        """Start renewing."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop renewing; what is still held runs out by itself."""
        self._stopping.set()
        self._thread.join()

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[Claim]:
        """Keep a claim alive for the length of a block."""
        with self._lock:
            self._claims.add(claim)
        try:
            yield claim
        finally:
            with self._lock:
                self._claims.discard(claim)

    def _run(self) -> None:
        interval = self._lease.total_seconds() / 3
        while not self._stopping.wait(interval):
            try:
                self.renew()
            except (psycopg.Error, Transient) as error:
                # Postgres may be restarting; the leases outlive two missed renewals.
                log.warning("leases were not renewed (%s); trying again in %.0f s", type(error).__name__, interval)

    def renew(self) -> None:
        """Renew every claim that moves, mark those that another worker took, and beat for the launch.

        Of a launch that was given up, because it was not heard of for too long, all claims are lost: another follows.
        """
        now = time.monotonic()
        with self._lock:
            moving = [c for c in self._claims if not c.lost and now - c.progressed_at < self._stall]
        with self._db.transaction() as conn:
            given_up = self._launch is not None and conn.execute(BEAT, self._launch).rowcount == 0
            held = {
                "ids": [c.item.id for c in moving],
                "fences": [c.fence for c in moving],
                "lease": self._lease,
            }
            renewed = {row[0] for row in conn.execute(RENEW, held)} if moving and not given_up else set()
        for claim in moving:
            if claim.item.id not in renewed:
                claim.lost = True


@contextmanager
def keeping(settings: Settings, launch: tuple[str, int] | None = None) -> Iterator[LeaseKeeper]:
    """Renew leases for the length of a block, on a connection of their own.

    Args:
        settings: The database, the length of a lease, and when work stalls.
        launch: The launch whose heartbeat goes with them.
    """
    with (
        Database(settings.postgres_url, size=1) as heart,
        LeaseKeeper(heart, settings.lease, settings.stall, launch) as keeper,
    ):
        yield keeper
