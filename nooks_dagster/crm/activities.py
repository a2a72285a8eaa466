"""Activities that we write: a call as every CRM can hold it, and the one protocol by which it gets there.

Belongs here: the words that the sender and the CRMs share. Does not: what a call is to us (`calls`), reading
(`crm.connector`), any CRM's own fields (its folder's `writing`).

An activity has a key of ours that the CRM keeps in a unique field, so writing it again is writing it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from nooks_dagster.crm.constants import Constant
from nooks_dagster.crm.model import Usage
from nooks_dagster.failures import Failure, Transient


class CallResult(StrEnum):
    """How a call ended."""

    CONNECTED = "connected"
    LIVE_MESSAGE = "live_message"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"


@dataclass(frozen=True, slots=True)
class Links:
    """Whom an activity belongs to, by the CRM's own ids; "" where that is not known.

    `time_zone` is the owner's, as IANA spells it. `connection` says which CRM, for who is told and is none.
    """

    contact: str = ""
    lead: str = ""
    account: str = ""
    opportunity: str = ""
    owner: str = ""
    time_zone: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class Activity:
    """A call to be logged.

    Attributes:
        key: Ours: the same key is the same activity, for ever.
        call: Our id of the call; `call_id` is the dialer's.
        before: Whom it belongs to because of us: what of that holds no more is taken back, what still does is not
            written again, for a rep may have changed it.
        record: The CRM's id of it, where the CRM has taken it as it is and only its links may be missing.
    """

    key: str
    inbound: bool
    result: CallResult
    began: datetime
    lasted: timedelta
    subject: str = field(repr=False)
    body: str = field(repr=False)
    from_number: str = field(default="", repr=False)
    to_number: str = field(default="", repr=False)
    links: Links = Links()
    before: Links = Links()
    record: str = ""
    call: int = 0
    call_id: str = field(default="", repr=False)
    language: str = ""


Constants = Mapping[str, Constant]
"""What a customer wants every activity to hold beside the call, by the CRM's own names of fields."""


@dataclass(frozen=True, slots=True)
class Written:
    """The CRM has the activity, with its links, as this record of this object.

    `left` names the links that it did not take: they are as they were before.
    """

    record: str
    object: str
    left: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Refused:
    """The CRM did not take the activity; with a record, it took it without its links."""

    failure: Failure
    record: str = ""
    object: str = ""


Answer = Written | Refused


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether activities can be written into a CRM, and what a person must do if not."""

    ready: bool = False
    advice: str = ""


class NotSetUp(Transient):
    """The CRM lacks the field that tells our activities apart: a person must make it; accuses no activity."""

    counts_as_attempt = False
    usual_wait = timedelta(minutes=10)  # a person's work is noticed by then


class AgainstRule(Transient):
    """A rule of the CRM's own refused the activity: a field that must be filled, a validation, a trigger.

    The message names the rule and nothing of the activity, so the same message is the same rule.
    """

    usual_wait = timedelta(hours=3)  # with the eight tries of a delivery a person has a day to mend it


class ActivityWriter(Protocol):
    """One connection's way of writing. Safe to use from several threads; costs nothing until first used."""

    @property
    def most(self) -> int:
        """Return how many activities one request takes."""
        ...

    def look(self) -> Readiness:
        """Ask the CRM whether activities can be written.

        Raises:
            Failure: It was not asked, or gave no answer.
        """
        ...

    def typed(self, chosen: Mapping[str, str]) -> Constants:
        """Return constants as the CRM takes them, each in the type of its field.

        Raises:
            Permanent: A field is not there, may not be written, is of the call itself, or cannot hold the value.
            Failure: The CRM was not asked, or gave no answer.
        """
        ...

    def push(self, activities: Sequence[Activity]) -> Sequence[Answer]:
        """Write activities of different keys, at most `most`; return the CRM's answer to each, in their order.

        Raises:
            NotSetUp: The unique field is not there.
            Failure: Nothing is known of any of them; all may be pushed again.
        """
        ...

    def usage(self) -> Usage:
        """Return what this writer has cost so far."""
        ...
