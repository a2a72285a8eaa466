"""The words of calls: stages and what comes of them, the call as a stage sees it, and what a stage is.

Belongs here: plain values and the one protocol. Does not: SQL, or the order of work (`calls.pipeline.pipeline`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import psycopg
from pydantic import JsonValue

from nooks_dagster.calls.submission import Submission
from nooks_dagster.lake.handle import Handle


class Stage(StrEnum):
    """A step of a call, by name: a call keeps the list of those that it was planned with."""

    VALIDATE = "validate"
    TRANSCRIBE = "transcribe"
    TRANSLATE = "translate"
    CONTACT = "contact"
    RECORD = "record"
    DELIVER = "deliver"


WORKED = (Stage.VALIDATE, Stage.TRANSCRIBE, Stage.TRANSLATE, Stage.CONTACT, Stage.RECORD)
"""The stages under the lease of a call, in order; delivery goes by the outbox, in batches, and holds up no call."""


class Status(StrEnum):
    """What came of a stage."""

    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing to do: no recording to transcribe, nothing to translate."""
    REFUSED = "refused"
    """The call is not good enough; it is kept with the reason, and no later stage runs."""
    DEFERRED = "deferred"
    """A spend cap is reached: the call goes on without, and the stage is done later by a backfill or by itself."""


class CallState(StrEnum):
    """Where a call stands as a whole."""

    ACCEPTED = "accepted"
    RECORDED = "recorded"
    REFUSED = "refused"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was accepted. `id` is ours; logs, reasons and metadata name it and never `call_id`."""

    id: int
    workspace: str
    call_id: str
    accepted_at: datetime
    hour: datetime
    submission: Submission = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """What a stage made of a call, as it is kept in `calls.stages`.

    `facts` is small (2 KB at most) and holds nothing personal: counts, languages, words of ours, ids of the CRM.
    """

    status: Status
    handle: Handle | None = None
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    reason: str = ""


def nothing(_conn: psycopg.Connection[Any]) -> None:
    """Write nothing of one's own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a stage returns: what it made, and what else is to be written in the transaction that says so.

    `write` settles purchases, inserts the record and its outbox rows. It is called under the fence of the call, may be
    called again in another transaction if the first did not commit, and must not talk to anybody but Postgres.
    """

    made: Made
    write: Callable[[psycopg.Connection[Any]], None] = nothing


class Task(Protocol):
    """What a stage is given: one call in one worker's hands."""

    @property
    def call(self) -> Call:
        """Return the call."""
        ...

    @property
    def live(self) -> bool:
        """Say whether a person waits: live work goes first at the door to models."""
        ...

    @property
    def again(self) -> bool:
        """Say whether the call may have been in somebody's hands before, who left something unfinished."""
        ...

    @property
    def last(self) -> bool:
        """Say whether one more failure makes a dead letter of the call: who can do with less does now."""
        ...

    def made(self, stage: Stage) -> Made | None:
        """Return what an earlier stage made, None if it has not run."""
        ...

    def check(self, conn: psycopg.Connection[Any]) -> None:
        """Return if this worker still holds the call; for the transaction that reserves money (`Opening`).

        Raises:
            LostLease: It does not; nothing may be committed.
        """
        ...

    def stopped(self) -> bool:
        """Say whether this worker shall stop waiting: it lost the call, or is being shut down."""
        ...

    def tick(self) -> None:
        """Tell that the work moves, so that the lease is renewed (I12).

        Raises:
            LostLease: Somebody else holds the call.
        """
        ...

    def object_name(self, folder: str, suffix: str) -> str:
        """Return a name for a lake object of this call that no other worker uses.

        `calls/<folder>/hour=2026-11-29T14/workspace=acme/call=<id>-<fence>.<suffix>`
        """
        ...


class StageWork(Protocol):
    """One stage. One object of a process, used by many threads at once; holds no call."""

    @property
    def stage(self) -> Stage:
        """Return which."""
        ...

    @property
    def version(self) -> str:
        """Return what its results depend on beside the call: model, prompt, rules. Kept with each result."""
        ...

    def run(self, task: Task) -> Outcome:
        """Do it for one call; may be done again for the same call after a death or a failure.

        Raises:
            Failure: In the vocabulary of `nooks_dagster.failures`. `Permanent` makes a dead letter of (call, stage).
        """
        ...
