"""Where a connector asks for leave before each call, and tells what the source said about its limits.

Belongs here: the protocol, and the one that holds nothing back. Does not: places and quotas (`budgets`).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol


class Throttle(Protocol):
    """Stands around every single HTTP call of a connection, tries of the same request included."""

    def call(self, family: str) -> AbstractContextManager[None]:
        """Wait for leave to make one call, and hold its place until the block ends: the answer is there.

        Args:
            family: Which of the source's limits the call counts against (`Kind.rates`); "login" against none.

        Raises:
            RateLimited: The wait would be too long to sit through.
            QuotaExhausted: The allowance of the day is spent.
        """
        ...

    def told_allowance(self, used: int, limit: int) -> None:
        """Take note of the day's allowance as the source last told it: calls used out of the limit."""
        ...

    def told_rate(self, family: str, calls: int, per: timedelta) -> None:
        """Take note of a family's rate as the source last told it: so many calls in any span of that length."""
        ...


class Unthrottled:
    """Lets every call through, for tools that make a handful of them."""

    @contextmanager
    def call(self, family: str) -> Iterator[None]:  # noqa: ARG002 - the protocol's
        """Hold nothing back."""
        yield

    def told_allowance(self, used: int, limit: int) -> None:
        """Forget it."""

    def told_rate(self, family: str, calls: int, per: timedelta) -> None:
        """Forget it."""
