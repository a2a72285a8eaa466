"""What the faults must be told by a vendor.

Belongs here: the protocol that each vendor's interface fulfils. Does not: anything that a fault does.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import Response

from sandbox.faults.reply import Reply
from sandbox.faults.seen import Seen


class Page(Protocol):
    """The rows of one reply."""

    @property
    def rows(self) -> Sequence[Any]:
        """The rows, each whole."""
        ...

    @property
    def remembered_as(self) -> Sequence[str]:
        """The names by one of which the call for the next page knows this one (`Seen.page_before`)."""
        ...

    def write(self, reply: Reply, rows: Sequence[Any], *, counted: bool, last: bool) -> None:
        """Put other rows into the reply; say how many there are, if `counted`, and that it is the `last` page."""
        ...


class Vendor(Protocol):
    """One vendor's interface, as far as faults ask."""

    def see(self, request: Request, body: bytes) -> Seen:
        """Read a call."""
        ...

    def dated(self, call: Seen) -> Mapping[str, str]:
        """Return the headers of any reply to the call, which tell the time."""
        ...

    def kill_token(self, call: Seen) -> Response | None:
        """Let the call's token be dead from now on, or return how it is refused this once, since it cannot die."""
        ...

    def set_usage(self, call: Seen, used: int) -> None:
        """Set how many calls the account made today."""
        ...

    def error(self, call: Seen, status: int, code: str | None, message: str | None) -> Response:
        """Return an error in the vendor's own form, with its usual words where none are given."""
        ...

    def gone(self, call: Seen) -> Response:
        """Return how the vendor says that it knows no such cursor."""
        ...

    def page(self, call: Seen, reply: Reply) -> Page | None:
        """Return the rows of a reply, if it has some."""
        ...
