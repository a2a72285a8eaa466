"""The throttle of a connection that is shared with every other process: rates, and a part of the day's calls.

Belongs here: which part of an allowance each class of work may use, and how often Postgres is asked about it.
Does not: quotas (`budgets`), waiting for a rate (`crm.access.rates`).
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from nooks_dagster.budgets.outages import SharedBreaker
from nooks_dagster.budgets.places import Places
from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.crm.access.rates import SharedRate
from nooks_dagster.crm.kinds import Kind, Rate
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.workspaces.registry import Connection

CHUNK = 10  # calls checked and told at once
TELL_EVERY = 1.0  # seconds


def share_of(work_class: WorkClass) -> float:
    """Return the part of the daily calls at which a class of work stops; what is live, as write-back, has them all."""
    if work_class is WorkClass.LIVE:
        return 1.0
    return 0.60 if work_class >= WorkClass.NIGHTLY else 0.85


def quota_of(connection: Connection) -> str:
    """Return whose calls of the day a connection spends: its account's, as both CRMs count them, where it is known."""
    return connection.account or connection.id


class SharedAllowance:
    """The throttle of one connection in one process. See `nooks_dagster.crm.access.throttle.Throttle`.

    Far from the share, the quota is asked and told at every tenth call; at the share, at every call.

    Args:
        db: The platform's database.
        connection: The connection's id.
        work_class: What the calls are for.
        kind: Of CRM: its families of calls, and the rate of each before the source tells one.
        account: What the org calls itself, where it is known.
    """

    def __init__(self, db: Database, connection: str, work_class: WorkClass, kind: Kind, account: str = "") -> None:
        places = Places(db)
        self._quotas = Quotas(db)
        self._quota = account or connection
        self._share = share_of(work_class)
        self._breaker = SharedBreaker(db, kind.name, connection)
        self._rates = {
            family: SharedRate(places, connection, family, rate, account) for family, rate in kind.rates.items()
        }
        self._lock = threading.Lock()
        self._unchecked = 0  # calls that may be made without asking; none until the source has told its usage
        self._told = (0, -TELL_EVERY)  # the usage that Postgres knows from us, and when it was told

    @contextmanager
    def call(self, family: str) -> Iterator[None]:
        """Wait for leave to make one call. Logging in is always allowed: it is how a quota is looked at.

        Raises:
            RateLimited: It would have to wait for more than half a minute.
            QuotaExhausted: This class of work has used its part of the day's calls.
            SourceDown: The source answers nobody just now.
        """
        if family == "login":
            with self._breaker.call():
                yield
            return
        if self._must_check():
            self._quotas.check(self._quota, self._share)
        with self._rates[family].call(), self._breaker.call():
            yield

    def told_allowance(self, used: int, limit: int) -> None:
        """Remember what the source said of the day's allowance."""
        if self._must_tell(used, limit):
            self._quotas.report_usage(self._quota, used, limit)

    def told_rate(self, family: str, calls: int, per: timedelta) -> None:
        """Remember what the source said of a rate."""
        self._rates[family].told(Rate(calls, per))

    def _must_check(self) -> bool:
        with self._lock:
            self._unchecked -= 1
            return self._unchecked < 0

    def _must_tell(self, used: int, limit: int) -> bool:
        now = time.monotonic()
        with self._lock:
            spent = used >= self._share * limit
            if spent or self._unchecked < 0:
                self._unchecked = 0 if spent else CHUNK
            told, at = self._told
            if not spent and abs(used - told) < CHUNK and now - at < TELL_EVERY:
                return False
            self._told = (used, now)
            return True
