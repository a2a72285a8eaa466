"""Where a connector asks before each call, and tells what the source said about the allowance.

Belongs here: the protocol, and the one that holds nothing back. Does not: buckets and quotas (`budgets`).
"""

from typing import Protocol


class Throttle(Protocol):
    """Stands before every single HTTP call of a connection, tries of the same request included."""

    def before_call(self, kind: str) -> None:
        """Return when the call may be made.

        Args:
            kind: What the call is for: "login", "describe", "query" or "control".

        Raises:
            RateLimited: The wait would be too long to sit through.
            QuotaExhausted: The allowance is spent.
        """
        ...

    def after_call(self, used: int, limit: int) -> None:
        """Take note of the allowance as the source last told it: calls used out of the limit."""
        ...


class Unthrottled:
    """Lets every call through, for tools that make a handful of them."""

    def before_call(self, kind: str) -> None:
        """Return at once."""

    def after_call(self, used: int, limit: int) -> None:
        """Forget it."""
