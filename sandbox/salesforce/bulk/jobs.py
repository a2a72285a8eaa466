"""One query job: what was asked, and what has become of it at a moment.

Belongs here: states and progress as functions of time. Does not: keeping jobs (`registry`), their rows (`results`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_LONGEST_IN_QUEUE = timedelta(seconds=1)


class Api(StrEnum):
    """The interface that made a job, as `jobType` names it; 1.0 and 2.0 do not serve each other's."""

    V1 = "Classic"
    V2 = "V2Query"


class State(StrEnum):
    """Where a job stands."""

    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"

    @property
    def terminal(self) -> bool:
        """Whether nothing more will happen."""
        return self not in {State.UPLOAD_COMPLETE, State.IN_PROGRESS}


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for. `delimiter` and `line_ending` are Salesforce's words, such as COMMA and LF."""

    api: Api
    version: str
    operation: str
    soql: str
    delimiter: str = "COMMA"
    line_ending: str = "LF"

    @property
    def include_deleted(self) -> bool:
        """Whether deleted rows are wanted too."""
        return self.operation == "queryAll"


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was made, and whether it was stopped.

    Its state follows from the clock, so a restart changes nothing. `duration` is fixed when it is made.

    Args:
        id: 18 characters, beginning with 750.
        request: What was asked for.
        sobject: The object's name in its canonical spelling.
        rows: Rows of the whole result.
        error: Why it will fail, or None.
        created: By the org's clock.
        duration: From its creation to its end.
        aborted: When it was stopped, or None.
        moment: As of which moment of the org its rows are.
    """

    id: str
    request: Request
    sobject: str
    rows: int
    error: str | None
    created: datetime
    duration: timedelta
    aborted: datetime | None = None
    moment: int = 0

    @property
    def end(self) -> datetime:
        """When it ends or was stopped."""
        return self.aborted or self.created + self.duration

    @property
    def begin(self) -> datetime:
        """When its processing begins or would have begun."""
        return self.created + min(self.duration / 5, _LONGEST_IN_QUEUE)

    def state(self, now: datetime) -> State:
        """Return the state at a moment."""
        if self.aborted is not None:
            return State.ABORTED
        if now < self.end:
            return State.UPLOAD_COMPLETE if now < self.begin else State.IN_PROGRESS
        return State.JOB_COMPLETE if self.error is None else State.FAILED

    def processing(self, now: datetime) -> timedelta:
        """Return how long it has been processed."""
        return max(min(now, self.end) - self.begin, timedelta(0))

    def processed(self, now: datetime) -> int:
        """Return how many rows have been processed."""
        if self.error is not None:
            return 0
        whole = self.created + self.duration - self.begin
        return int(self.rows * (self.processing(now) / whole)) if whole else self.rows
