"""The throttle of a connection that is shared with every other process: a rate, and a part of the day's calls.

Belongs here: which part of an allowance each class of work may use, and how often Postgres is asked about it.
Does not: buckets and quotas (`budgets`).
"""

import threading
import time
from datetime import timedelta

from nooks_dagster.budgets.budgets import Budgets
from nooks_dagster.budgets.reservation import Reservation
from nooks_dagster.failures import RateLimited
from nooks_dagster.ledger.items import WorkClass

CALLS_PER_SECOND = 20.0  # Salesforce names no rate; 20 pages of 2,000 rows are twice what one sync takes in
BURST = 40
CHUNK = 10  # calls reserved, checked and told at once: a dead process keeps at most ten
LONGEST_WAIT = timedelta(seconds=30)
TELL_EVERY = 1.0  # seconds


def share_of(work_class: WorkClass) -> float:
    """Return the part of the daily calls at which a class of work stops; write-back has the rest."""
    return 0.60 if work_class >= WorkClass.NIGHTLY else 0.85


class SharedAllowance:
    """The throttle of one connection in one process.

    Far from the share, Postgres is asked and told at every tenth call; at the share, at every call.

    Args:
        budgets: The buckets and quotas of the platform.
        connection: The connection's id.
        work_class: What the calls are for.
    """

    def __init__(self, budgets: Budgets, connection: str, work_class: WorkClass) -> None:
        self._budgets = budgets
        self._connection = connection
        self._share = share_of(work_class)
        self._calls = Reservation(budgets, f"crm:{connection}", CHUNK)
        self._configured = False
        self._lock = threading.Lock()
        self._unchecked = 0  # calls that may be made without asking; none until the source has told its usage
        self._told = (0, -TELL_EVERY)  # the usage that Postgres knows from us, and when it was told

    def before_call(self, kind: str) -> None:
        """Return when the call may be made. Logging in is always allowed: it is how a quota is looked at.

        Raises:
            RateLimited: It would have to wait for more than half a minute.
            QuotaExhausted: This class of work has used its part of the day's calls.
        """
        if not self._configured:
            self._budgets.configure(f"crm:{self._connection}", BURST, CALLS_PER_SECOND)
            self._configured = True
        if kind != "login" and self._must_check():
            self._budgets.check(self._connection, self._share)
        while wait := self._calls.take():
            if wait > LONGEST_WAIT:
                raise RateLimited("its calls per second are spent", subject=self._connection, retry_in=wait)
            time.sleep(wait.total_seconds())

    def after_call(self, used: int, limit: int) -> None:
        """Remember what the source said of the allowance."""
        if self._must_tell(used, limit):
            self._budgets.report_usage(self._connection, used, limit)

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
