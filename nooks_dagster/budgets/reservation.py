"""Spending tokens locally: one statement for a chunk of them instead of one for each.

Belongs here: the chunk of one process. Does not: the bucket (`budgets.budgets`).
"""

import threading
from datetime import timedelta
from types import TracebackType
from typing import Self

from nooks_dagster.budgets.budgets import Budgets


class Reservation:
    """A process's share of a bucket. Safe to share between threads; as a context manager it closes itself.

    A process that dies keeps at most one chunk from the others, once: the bucket fills again.

    Args:
        budgets: The buckets.
        key: The bucket.
        chunk: Tokens fetched at once; less if there are fewer.
    """

    def __init__(self, budgets: Budgets, key: str, chunk: int) -> None:
        self._budgets = budgets
        self._key = key
        self._chunk = chunk
        self._lock = threading.Lock()
        self._left = 0

    def take(self, n: int = 1) -> timedelta:
        """Take tokens, all or none; return zero when granted, else how long until there may be enough.

        Raises:
            Permanent: There is no such bucket, or it can never hold that many.
        """
        with self._lock:
            if self._left < n:
                missing = n - self._left
                granted, wait = self._budgets.take_up_to(self._key, missing, max(missing, self._chunk))
                self._left += granted
                if wait:
                    return wait
            self._left -= n
            return timedelta()

    def close(self) -> None:
        """Give back what is left."""
        with self._lock:
            left, self._left = self._left, 0
        if left:
            self._budgets.give_back(self._key, left)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
