"""A call in one worker's hands: what its stages are given, what they made, and what is still to be written of it.

Belongs here: the state of one call while it is worked on. Does not: which stage runs when, SQL
(`calls.pipeline.pipeline`).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from nooks_dagster.calls.closing.hours import key_of
from nooks_dagster.calls.model import Call, Made, Outcome, Stage, Status
from nooks_dagster.calls.pipeline.loading import Loaded
from nooks_dagster.calls.pipeline.stage_rows import Row
from nooks_dagster.calls.work import CALLS
from nooks_dagster.ledger.items import Claim, WorkClass
from nooks_dagster.ledger.ledger import Ledger


@dataclass(slots=True)
class Trial:
    """One run of a stage, on the monotonic clock."""

    stage: str
    version: str
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0
    inputs: dict[str, Any] = field(default_factory=dict)
    outcome: Outcome | None = None

    def row(self, status: str, tries: Sequence[Any], **more: Any) -> Row:
        """Return what is kept of it, after what went wrong with the stage before: the last nine times."""
        now = time.monotonic()
        made = self.outcome.made if self.outcome else None
        began, ended = now - self.began, now - (self.ended or now)
        return Row(self.stage, status, self.version, began, ended, made, self.inputs, tries=tries[-9:], **more)


class Hold:
    """One call under one claim. See `nooks_dagster.calls.model.Task`.

    Args:
        ledger: Checks the claim.
        claim: Of the call's item.
        loaded: The call as it was kept when it was claimed.
        stopping: Says whether this process is being shut down.
    """

    def __init__(self, ledger: Ledger, claim: Claim, loaded: Loaded, stopping: Callable[[], bool]) -> None:
        self.claim = claim
        self.loaded = loaded
        self.done: list[str] = list(claim.item.progress.get("done", ()))
        self.pending: list[Trial] = []
        self.trial: Trial | None = None
        self._call: Call | None = None
        self._ledger = ledger
        self._stopping = stopping
        self._made = loaded.made()

    @property
    def call(self) -> Call:
        """Return the call; what cannot be read of it fails the stage that asks."""
        self._call = self._call or self.loaded.call
        return self._call

    @property
    def live(self) -> bool:
        """Say whether a person waits."""
        return self.claim.item.work_class is WorkClass.LIVE

    @property
    def again(self) -> bool:
        """Say whether the call may have been in hands before: under this item, or under an earlier one."""
        return self.claim.fence > 1 or not self.live

    @property
    def last(self) -> bool:
        """Say whether one more failure makes a dead letter of the call."""
        return self.claim.item.attempts + 1 >= CALLS.attempts

    @property
    def next(self) -> str:
        """The first stage that this item was planned with and that is not done under it, "" after the last."""
        return next((name for name in self.claim.item.payload["stages"] if name not in self.done), "")

    def begin(self, stage: str, version: str) -> Trial:
        """Start a stage: what it reads from now on is its input."""
        self.tick()
        self.trial = Trial(stage, version)
        return self.trial

    def loses(self, stage: str, made: Made) -> bool:
        """Say whether a stage that is done again found less than it has: a cap is reached, a recording is gone."""
        before = self._made.get(Stage(stage))
        has = before is not None and before.handle is not None
        return has and made.status in {Status.DEFERRED, Status.REFUSED}

    def leave(self, stage: str) -> None:
        """Let stand what a stage made before."""
        self.done.append(stage)

    def take(self, trial: Trial, outcome: Outcome) -> None:
        """Take in what a stage made; it is written with `pending`."""
        trial.outcome, trial.ended = outcome, time.monotonic()
        self._made[Stage(trial.stage)] = outcome.made
        self.done.append(trial.stage)
        self.pending.append(trial)

    def drop(self, trial: Trial) -> None:
        """Take back a stage whose outcome could not be written."""
        if trial in self.pending:
            self.pending.remove(trial)
            self.done.remove(trial.stage)

    def made(self, stage: Stage) -> Made | None:
        """Return what an earlier stage made, None if it has not run; it is noted as an input of the one that asks."""
        made = self._made.get(stage)
        if made and made.handle and self.trial:
            self.trial.inputs[stage] = made.handle.to_json()
        return made

    def check(self, conn: psycopg.Connection[Any]) -> None:
        """Return if this worker still holds the call."""
        self._ledger.check(conn, self.claim)

    def stopped(self) -> bool:
        """Say whether this worker shall stop waiting; that it asks is a sign of life."""
        if not self.claim.lost:
            self.claim.progressed_at = time.monotonic()
        return self.claim.lost or self._stopping()

    def tick(self) -> None:
        """Tell that the work moves."""
        self.claim.tick()

    def object_name(self, folder: str, suffix: str) -> str:
        """Return a name that no other worker and no later item of this call uses."""
        kept = self.loaded
        where = f"calls/{folder}/hour={key_of(kept.hour)}/workspace={kept.workspace}"
        return f"{where}/call={kept.id}-{self.claim.item.id}-{self.claim.fence}.{suffix}"
