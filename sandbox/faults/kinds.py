"""Every kind of fault, with what can be said of it.

Belongs here: the words and numbers that describe a fault. Does not: carrying it out (`layer`).
"""

import random
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, TypeAdapter

from sandbox.faults.rule import Rule
from sandbox.faults.seen import Seen
from sandbox.faults.wishes import read_wish

Share = Annotated[float, Field(gt=0, lt=1)]


class DeadToken(Rule):
    """The call's token is revoked before the call is answered, so it and all later ones get 401.

    A token that cannot die, such as a private app's, is refused this once.
    """

    kind: Literal["dead_token"]

    def matches(self, call: Seen) -> bool:
        """Return whether the call is one with a token."""
        return call.kind != "login" and super().matches(call)


class Quota(Rule):
    """The API usage of the day is set, by default once: at the next call."""

    kind: Literal["quota"]
    used: NonNegativeInt
    times: PositiveInt | None = 1


class Answer(Rule):
    """The call is answered by an error, with a body of some form.

    Args:
        status: Of HTTP.
        body: `json` is the vendor's own form of error; `html` and `empty` are what its edge sends.
        code: In a JSON body; by default the one that the vendor sends with the status.
        retry_after: The header `Retry-After`, which Salesforce itself never sends, and HubSpot not always.
    """

    kind: Literal["answer"]
    status: int = Field(ge=400, le=599)
    body: Literal["html", "empty", "json"] = "html"
    code: str | None = None
    message: str | None = None
    retry_after: int | str | None = None


class Outage(Rule):
    """Everything is answered 503 with a page for people, in one slice of each period.

    Args:
        uptime: The share of each period in which calls are answered.
        period_seconds: Length of a period; where in it the slice lies is drawn from the seed.
    """

    kind: Literal["outage"]
    uptime: float = Field(ge=0, le=1)
    period_seconds: PositiveFloat = 600

    def falls_on(self, number: int, elapsed: float) -> bool:
        """Return whether the call comes in a down slice."""
        return super().falls_on(number, elapsed) and self._is_down(elapsed)

    def _is_down(self, elapsed: float) -> bool:
        period, within = divmod(elapsed, self.period_seconds)
        down = (1 - self.uptime) * self.period_seconds
        chance = random.Random(f"{self.seed}:{int(period)}")
        return 0 <= within - chance.uniform(0, self.period_seconds - down) < down


class Cut(Rule):
    """The connection is cut: before the reply, or once a share of the body was sent."""

    kind: Literal["cut"]
    share: Share | None = None


class Lost(Rule):
    """The vendor does what it was asked, and its answer never arrives: the connection is cut in its place.

    Args:
        after_seconds: How long the caller waits for it; longer than its patience is a timeout.
    """

    kind: Literal["lost"]
    after_seconds: NonNegativeFloat = 0


class Item(Rule):
    """One item of those that a call would write is refused; the numbers of a rule are those of items here.

    Args:
        code: The vendor's word; by default that of a record to which somebody else is writing.
        message: The vendor's sentence.
    """

    kind: Literal["item"]
    code: str | None = None
    message: str | None = None


class Late(Rule):
    """What a call writes has the stamp of its beginning, which is so long ago when it is seen; Salesforce only."""

    kind: Literal["late"]
    late_seconds: PositiveFloat = 60


class CutGzip(Rule):
    """The gzip stream ends early in a reply that HTTP calls whole."""

    kind: Literal["cut_gzip"]
    share: Share = 0.5


class Slow(Rule):
    """The first byte is late, or the body trickles.

    Args:
        first_byte_seconds: Before the first byte.
        bytes_per_second: Of the body.
        most_seconds: All delay of one reply; after it the rest comes at once.
    """

    kind: Literal["slow"]
    first_byte_seconds: NonNegativeFloat = 0
    bytes_per_second: PositiveInt | None = None
    most_seconds: PositiveFloat = 60


class _OfRows(Rule):
    """A fault of a reply with rows."""

    def matches(self, call: Seen) -> bool:
        """Return whether the call asks for rows."""
        return bool(call.rows) and super().matches(call)


class _OfPages(Rule):
    """A fault of a reply that is a page of a result."""

    def matches(self, call: Seen) -> bool:
        """Return whether the call asks for a page."""
        return call.rows == "page" and super().matches(call)


class ShortPage(_OfRows):
    """A page ends early between two rows, and says that it is whole."""

    kind: Literal["short_page"]
    share: Share = 0.5


class PageAgain(_OfPages):
    """The rows of the page before it are sent in a page's place."""

    kind: Literal["page_again"]

    def matches(self, call: Seen) -> bool:
        """Return whether the call asks for a page after another."""
        return bool(call.page_before) and super().matches(call)


class RowsAgain(_OfRows):
    """The last rows of a page are sent twice."""

    kind: Literal["rows_again"]
    rows: PositiveInt = 1


class LastPage(_OfPages):
    """A page says that no other follows it."""

    kind: Literal["last_page"]


class Missing(Rule):
    """Of rows that were asked for by their ids, the first are left out, and nothing is said of it."""

    kind: Literal["missing"]
    rows: PositiveInt = 1

    def matches(self, call: Seen) -> bool:
        """Return whether the call asks for rows by their ids."""
        return call.rows == "named" and super().matches(call)


class Expired(Rule):
    """What a call goes on with (query locator, Bulk job) is gone, for as long as the rule is there."""

    kind: Literal["expired"]

    def matches(self, call: Seen) -> bool:
        """Return whether the call asks for a later page, or is one of the kinds of call that are named."""
        meant = bool(self.calls) or call.rows == "page"
        return meant and bool(call.cursor) and super().matches(call)


class JobOutcome(Rule):
    """A Bulk job, once made, ends otherwise than well."""

    kind: Literal["job"]
    outcome: Literal["Failed", "Aborted"] = "Failed"
    message: str = "InternalServerError: retried more than 15 times"


RowsChange = ShortPage | PageAgain | RowsAgain | LastPage | Missing
"""Changes which rows a reply has, and what it says of them."""

InsteadOfReply = Answer | Outage | Expired
"""Answers in place of the vendor."""

WhatIsWritten = Item | Late
"""Changes what a call writes; whoever writes asks for it."""

Fault = DeadToken | Quota | InsteadOfReply | Cut | Lost | CutGzip | Slow | RowsChange | JobOutcome | WhatIsWritten

_FAULTS: TypeAdapter[Fault] = TypeAdapter(Annotated[Fault, Field(discriminator="kind")])


def read_fault(wish: Any) -> Fault:
    """Return the fault that a JSON object describes.

    Raises:
        ValueError: It describes none; the sentence says what is wrong where.
    """
    return read_wish(_FAULTS, wish, "the rule")


def ends_call(fault: Fault) -> bool:
    """Return whether a call that a fault strikes does not reach the vendor."""
    return isinstance(fault, InsteadOfReply) or (isinstance(fault, Cut) and fault.share is None)
