"""The pipeline: one call through the stages that it was planned with and that are not done yet.

Belongs here: which stage runs next, and what is worth a transaction of its own. Does not: a stage (`calls.stages`),
writing (`calls.pipeline.committing`), claims and threads (`calls.live.worker`).

The stage that runs is always the first that is not done, so where a worker died is known without a note of its own.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from nooks_dagster.calls.model import CallState, Outcome, Stage, StageWork, Status, nothing
from nooks_dagster.calls.pipeline.committing import Committer
from nooks_dagster.calls.pipeline.hold import Hold, Trial
from nooks_dagster.failures import LostLease, Poison, QuotaExhausted
from nooks_dagster.ledger.ledger import DEATHS_ALONE, Ledger

CAPPED = timedelta(hours=1)
"""A call that has a transcript keeps it while a cap is reached, and is offered again after so long."""
NEWER = timedelta(seconds=5)
"""A call with a stage of another release is offered again after so long, to whoever knows it."""


class Ending(StrEnum):
    """What became of a call in one worker's hands."""

    RECORDED = "recorded"
    REFUSED = "refused"
    DEAD = "dead"
    DONE = "done"
    """Some of its stages were done again; it stands where it stood."""
    RETRIED = "retried"
    PARKED = "parked"
    """It waits for something that is not its own fault."""
    RELEASED = "released"
    LOST = "lost"


FINAL = (Ending.RECORDED, Ending.REFUSED, Ending.DEAD, Ending.DONE)
"""Those after which nobody works on the call any more."""


class Pipeline:
    """Takes calls through their stages; one of a process, used by many threads at once."""

    def __init__(self, ledger: Ledger, works: Mapping[Stage, StageWork]) -> None:
        self._committer = Committer(ledger)
        self._works: Mapping[str, StageWork] = {str(stage): work for stage, work in works.items()}

    def run(self, hold: Hold) -> Ending:
        """Work on a call until it is done, or given back; say what became of it.

        Raises:
            Unavailable: Postgres does not answer; the lease ends by itself.
        """
        try:
            if hold.claim.item.deaths > DEATHS_ALONE:
                return self._bury(hold)
            return self._through(hold)
        except LostLease:
            hold.claim.lost = True
            return Ending.LOST

    def _through(self, hold: Hold) -> Ending:
        while name := hold.next:
            work = self._works.get(name)
            if work is None:
                return self._release(hold, NEWER, f"the stage {name} belongs to another release")
            if hold.stopped():
                return self._release(hold, timedelta(), "its worker was stopped")
            trial = hold.begin(name, work.version)
            try:
                outcome = work.run(hold)
                if ending := self._taken(hold, trial, outcome):
                    return ending
            except Exception as error:  # noqa: BLE001  the verdict says what may be told
                hold.drop(trial)
                return self._failed(hold, trial, error)
        return self._finish(hold)

    def _taken(self, hold: Hold, trial: Trial, outcome: Outcome) -> Ending | None:
        """Take in what a stage made, unless it has better; say what became of the call if that was the last of it.

        Raises:
            QuotaExhausted: A cap is reached, and what was made before stands.
        """
        if not hold.loses(trial.stage, outcome.made):
            hold.take(trial, outcome)
            return self._written(hold, outcome)
        if outcome.made.status is Status.DEFERRED:
            what = "A spend cap is reached; what was made before stands."
            raise QuotaExhausted(what, subject=f"call {hold.loaded.id}", retry_in=CAPPED)
        hold.leave(trial.stage)
        return None if hold.next else self._finish(hold)

    def _written(self, hold: Hold, outcome: Outcome) -> Ending | None:
        """Finish a call after its last stage; else write what is worth a transaction of its own."""
        if outcome.made.status is Status.REFUSED:
            return self._finish(hold, CallState.REFUSED, outcome.made.reason)
        if not hold.next:
            return self._finish(hold)
        if hold.claim.item.deaths or outcome.made.handle or outcome.write is not nothing:
            self._committer.commit(hold)
        return None

    def _finish(self, hold: Hold, state: CallState | None = None, reason: str | None = None) -> Ending:
        done = {trial.stage for trial in hold.pending}
        if state is None and Stage.RECORD in done:
            state = CallState.RECORDED
        self._committer.finish(hold, state, reason)
        return Ending(state) if state else Ending.DONE

    def _failed(self, hold: Hold, trial: Trial, error: Exception) -> Ending:
        verdict = self._committer.fail(hold, trial, error)
        if verdict.state == "dead":
            return Ending.DEAD
        return Ending.RETRIED if verdict.attempts > hold.claim.item.attempts else Ending.PARKED

    def _release(self, hold: Hold, wait: timedelta, reason: str) -> Ending:
        self._committer.give_back(hold, wait, reason)
        return Ending.RELEASED

    def _bury(self, hold: Hold) -> Ending:
        """Make a dead letter of a call and the stage at which its workers died."""
        error = Poison(f"It killed its worker {DEATHS_ALONE} times alone.", subject=f"call {hold.loaded.id}")
        return self._failed(hold, Trial(hold.next, ""), error)
