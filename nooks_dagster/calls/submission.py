"""What a dialer tells of a call: the one shape that `POST /v1/calls` takes and every stage reads.

Belongs here: the shape and its bounds. Does not: who may send it (`calls.ingest`), whether the call is any good
(`calls.stages.validate`): what is well formed is accepted, and refused with a reason later if it must be.
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE)


def _moment(value: object) -> object:
    """Read what RFC 3339 calls a moment, and no more: pydantic would take 1700000000 too."""
    moment = value
    if isinstance(value, str) and _RFC_3339.fullmatch(value):
        with suppress(ValueError):  # the 30th of February; datetime's own words for it hold the value
            moment = datetime.fromisoformat(value.upper())
    if isinstance(moment, datetime) and 2000 <= moment.year < 2200:
        return moment
    raise ValueError("must be a moment of the years 2000 to 2199, such as 2026-11-29T10:00:00Z, with Z or an offset")


def whole(value: object) -> object:
    """Take 1.0 for 1, as JSON Schema does."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_NO_NUL = r"^[^\x00]*$"  # Postgres keeps none
CallId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Words = Annotated[str, StringConstraints(max_length=200, pattern=_NO_NUL)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=_NO_NUL)]
Email = Annotated[str, StringConstraints(min_length=3, max_length=254, pattern=_NO_NUL)]
Uri = Annotated[str, StringConstraints(max_length=1024, pattern=r"^gs://[A-Za-z0-9._=/-]+$")]


class Shape(BaseModel):
    """A part of a submission: immutable, without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Direction(StrEnum):
    """Who called."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Disposition(StrEnum):
    """How the dialer says that it ended."""

    CONNECTED = "connected"
    LIVE_MESSAGE = "live_message"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    WRONG_NUMBER = "wrong_number"


class Role(StrEnum):
    """A party of a call."""

    REP = "rep"
    PROSPECT = "prospect"


class Party(Shape):
    """One party, as the dialer knows it: a rep by one field at least, and a prospect who withholds its number by none.

    A call without a prospect's number and address is kept and refused with a reason: it was made, whatever its dialer
    knows.
    """

    name: Words | None = Field(default=None, repr=False)
    phone: Phone | None = Field(default=None, repr=False)
    email: Email | None = Field(default=None, repr=False)
    crm_user_id: Words | None = Field(default=None, description="Of a rep: the id of the user in the CRM, if known.")


class Recording(Shape):
    """Where the audio is: an object below the workspace's own prefix of the recordings' bucket.

    `channels` says whose voice each channel holds; without it a stereo recording has the rep on the first, and a mono
    one holds both. If both parties are named, theirs alone are heard.
    """

    uri: Uri = Field(description="gs://bucket/name")
    channels: dict[Role, Annotated[int, Field(ge=0, le=7), BeforeValidator(whole)]] | None = None


class Submission(Shape):
    """One call, after it was hung up."""

    call_id: CallId = Field(description="The dialer's; the same id is the same call, for ever.")
    direction: Direction
    started_at: Moment
    ended_at: Moment
    disposition: Disposition
    recording_consent: bool = Field(description="Whether the parties agreed to be recorded, as their law wants it.")
    rep: Party
    prospect: Party
    recording: Recording | None = Field(default=None, description="None for a call that was not recorded.")
    title: Words | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if not timedelta() <= self.duration <= timedelta(hours=24):
            raise ValueError("ended_at must lie within 24 hours after started_at")
        return self

    @property
    def duration(self) -> timedelta:
        """Return how long the call lasted, by the dialer's clock."""
        return self.ended_at - self.started_at
