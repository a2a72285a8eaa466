"""The delivery loop of one process: whichever lane has something due is served, a batch at a time, some lanes at once.

Belongs here: who does what next, until told to stop. Does not: taking a lane (`calls.delivery.lanes`), sending,
settling.

Killed at any moment it loses nothing: what it had in its hands is sent again by whoever takes the lane next, under the
same keys.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import partial

from nooks_dagster.calls.delivery.contents import contents
from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.calls.delivery.lanes import Lane, due_lanes, take
from nooks_dagster.calls.delivery.readiness import look, unready
from nooks_dagster.calls.delivery.sending import Integration, Sent, send
from nooks_dagster.calls.delivery.settling import Batch, Settling
from nooks_dagster.calls.delivery.threads import Threads
from nooks_dagster.calls.delivery.withdrawing import withdraw_gone
from nooks_dagster.crm.activities import Refused
from nooks_dagster.crm.model import Usage
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Poison, Transient, Unauthorized
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import DEATHS_ALONE, Ledger
from nooks_dagster.ledger.verdicts import described
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import ConnectionState, mark

log = logging.getLogger(__name__)

POLL_SECONDS = 0.3  # one query of a few milliseconds; what waits is sent within a second
TURN_SECONDS = 5.0  # a lane that drains gives its thread to those that have waited longer
TIDY_SECONDS = 60.0
LAST_SECONDS = 20.0  # for what is in hand when told to stop, of the 25 that a process has


class DeliveryLoop:
    """Delivers what is owed. One of these in each live worker; any number over all processes.

    Args:
        db: The platform's database.
        settings: Leases, and where calls are looked at.
        worker: Who holds what this process claims, for people to read.
        doors: The integrations, if not as usual.
    """

    def __init__(self, db: Database, settings: Settings, worker: str, doors: Doors | None = None) -> None:
        self._db = db
        self._settings = settings
        self._ledger = Ledger(db, worker, timedelta(seconds=settings.lease_seconds), settings.release)
        self._keeper = LeaseKeeper(db, self._ledger.lease, timedelta(seconds=settings.stall_seconds))
        self._settling = Settling(self._ledger)
        self._stopping = threading.Event()
        self._doors = doors or Doors(db, settings, self._stopping.is_set)
        self._threads = Threads()
        self._tidied = -TIDY_SECONDS

    def run(self, stopped: Callable[[], bool]) -> None:
        """Deliver until told to stop; then what is in hand gets some seconds more."""
        with self._keeper:
            try:
                while not stopped():
                    self._look()
                    self._stopping.wait(POLL_SECONDS)
            finally:
                self._stopping.set()
                self._threads.join(LAST_SECONDS)

    def _look(self) -> None:
        """Begin to serve the lanes that are due, as far as there are threads."""
        try:
            self._tidy()
            with self._db.transaction() as conn:
                due = due_lanes(conn)
        except Transient as error:
            log.warning("deliveries wait: %s", error)
            return
        for lane in due:
            self._start(lane.integration, lane.kind, lane.workspace, partial(self._serve, lane))

    def _start(self, integration: str, kind: str, workspace: str, work: Callable[[], None]) -> None:
        self._threads.start(integration, kind, workspace, partial(self._guarded, integration, work))

    def _guarded(self, integration: str, work: Callable[[], None]) -> None:
        try:
            work()
        except Transient as error:  # of our own Postgres: the lane is free again when its leases run out
            log.warning("deliveries to %s wait: %s", integration, error)
        except Exception as error:  # noqa: BLE001 - one lane's defect must not end the others
            log.error("deliveries to %s met a defect: %s", integration, described(error))  # noqa: TRY400

    def _serve(self, lane: Lane) -> None:
        end = time.monotonic() + TURN_SECONDS
        while self.deliver(lane) and not self._stopping.is_set() and time.monotonic() < end:
            pass

    def deliver(self, lane: Lane) -> bool:
        """Deliver one batch of a lane; say whether more of it waits."""
        integration, trouble = self._open(lane)
        most = max(1, (integration.most if integration else 1) >> 2 * min(lane.strikes, 4))
        with self._db.transaction() as conn:
            claims = take(conn, self._ledger, lane.integration, most)
        if not claims:  # another process was first, and says itself when the lane is next
            return False
        with ExitStack() as held:
            for claim in claims:
                held.enter_context(self._keeper.holding(claim))
            batch = self._read(lane, claims, full=len(claims) == most)
            sent = Sent(trouble=trouble) if integration is None else self._send(integration, batch)
            self._settling.settle(batch, sent, integration.usage() if integration else Usage(0))
        self._tell(lane, sent.trouble)
        return batch.full and not sent.trouble and lane.strikes == 0

    def _open(self, lane: Lane) -> tuple[Integration | None, Failure | None]:
        try:
            return self._doors.open(lane.integration, lane.kind), None
        except Failure as trouble:
            return None, trouble

    def _read(self, lane: Lane, claims: Sequence[Claim], *, full: bool) -> Batch:
        calls = [int(claim.item.payload["call"]) for claim in claims]
        with self._db.transaction() as conn:
            found = contents(conn, lane.integration, calls, self._settings.calls_link)
        return Batch(lane, claims, {content.call: content for content in found}, full)

    def _send(self, integration: Integration, batch: Batch) -> Sent:
        """Send what has not killed five workers alone."""
        deadly = {int(c.item.payload["call"]) for c in batch.claims if c.item.deaths > DEATHS_ALONE}
        sent = send(integration, [content for call, content in batch.contents.items() if call not in deadly])
        for call in deadly & batch.contents.keys():
            sent.answers[call] = Refused(Poison(f"Killed its worker {DEATHS_ALONE} times.", subject=f"call {call}"))
        return sent

    def _tell(self, lane: Lane, trouble: Failure | None) -> None:
        if trouble is None:
            return
        log.warning("deliveries to %s wait: %s", lane.integration, trouble)
        if isinstance(trouble, Unauthorized):
            with self._db.transaction() as conn:
                mark(conn, lane.integration, ConnectionState.UNAUTHORIZED, str(trouble), lane.revision)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied > TIDY_SECONDS:
            self._tidied = time.monotonic()
            with self._db.transaction() as conn:
                withdraw_gone(conn)
                lacking = unready(conn)
            for connection, kind, workspace in lacking:
                self._start(connection, kind, workspace, partial(look, self._db, self._doors, connection))
