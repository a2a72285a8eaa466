"""Rounds: what a run plans at its start, while sites are read, and when all are.

Belongs here: whom to plan when. Does not: planning (`signals.planning`), reading (`research.beside`).

A batch is cut as soon as it is full, else half a minute after its first account was looked at. When nothing more is
read, all that is due is planned: whatever was handed over, nobody is left out.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nooks_dagster.signals.planning import PAGE, Planned, Planner
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.trials import Version
from nooks_dagster.signals.work import BATCH_ACCOUNTS, SignalsRun

FILL_SECONDS = 30.0


@dataclass(slots=True)
class _Waiting:
    """Subjects of a question that were looked at and are not planned; since when the first of them waits."""

    subjects: list[str] = field(default_factory=list)
    since: float = 0.0


class Rounds:
    """Plans the signals of a run.

    Args:
        planner: Plans.
        run: Who wants it.
        questions: What is asked, by signal.
        sites: The chosen subjects, None for all.
    """

    def __init__(
        self, planner: Planner, run: SignalsRun, questions: Mapping[str, Question], sites: Sequence[str] | None
    ) -> None:
        self._planner = planner
        self._run = run
        self._questions = questions
        self._sites = sites
        self._waiting = {name: _Waiting() for name in questions}
        self.versions: dict[str, Version] = {}

    @property
    def only(self) -> Sequence[str] | None:
        """The batches that were cut here, if a person has chosen accounts: nobody else is asked about; None for all."""
        return None if self._sites is None else self._planner.batches

    def all(self) -> Iterator[Planned]:
        """Plan all that is due, and yield after each page."""
        for name, question in self._questions.items():
            for planned in self._planner.plan(question, self._run, self._sites):
                self.versions[name] = planned.version
                yield planned

    def looked_at(self, sites: Sequence[str]) -> None:
        """Plan, of these and those that wait from before, what fills a batch or has waited long enough."""
        now = time.monotonic()
        for name, question in self._questions.items():
            waiting = self._waiting[name]
            if not waiting.subjects:
                waiting.since = now
            waiting.subjects.extend(sites)
            late = now - waiting.since >= FILL_SECONDS
            if waiting.subjects and (late or len(waiting.subjects) >= BATCH_ACCOUNTS):
                page, rest = waiting.subjects[:PAGE], waiting.subjects[PAGE:]
                left = self._planner.plan_read(question, self._run, page, whole=not late)
                waiting.subjects = [*left, *rest]
