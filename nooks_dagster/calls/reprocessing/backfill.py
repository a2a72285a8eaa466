"""Backfill: some stages of the calls of some hours are done again where it is needed, or wherever they were done.

Belongs here: planning ahead of the work, working, and when it is over. Does not: which calls
(`calls.reprocessing.redoing`), one call (`calls.pipeline.pipeline`).

Only some thousands of calls are planned at a time, however many hours are asked for; live workers help with half of
their hands, and finish what a dead run has planned.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from nooks_dagster.calls.model import Stage
from nooks_dagster.calls.pipeline.beats import Beat
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.pipeline.suspects import COMMAND, SuspectProcesses
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.reprocessing.redoing import PAGE, Redo, Wish, page_of, plan_again
from nooks_dagster.calls.work import CALLS
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.threads import STOP_SECONDS

AHEAD = 4 * PAGE
BEAT_SECONDS = 0.5
# Twice a second, so by the indexes of lanes and leases: live calls, 200,000 of them after an outage, are not even read.
OPEN = f"""
    SELECT count(*) FROM work.items WHERE queue = %s AND payload ->> 'why' = %s
      AND (state = 'waiting' AND class IN ({WorkClass.ASKED:d}, {WorkClass.HISTORY:d}) OR state = 'leased')
"""  # noqa: S608 - numbers of this repository
GIVEN_UP = "SELECT count(*) FROM work.items WHERE queue = %s AND state = 'dead' AND payload ->> 'why' = %s"


@dataclass(frozen=True, slots=True)
class BackfillRun:
    """What is asked for: these stages of the calls of these hours, of all workspaces or of some.

    Without `again` only where a result is missing, failed, deferred or of an older version.
    """

    run_id: str
    hours: Sequence[datetime]
    stages: Sequence[Stage]
    workspaces: Sequence[str] = ()
    again: bool = False

    @property
    def work_class(self) -> WorkClass:
        """Return who waits: a person for an hour, nobody for a month."""
        return WorkClass.ASKED if len(self.hours) == 1 else WorkClass.HISTORY


class Backfill:
    """Does one of them.

    Args:
        platform: What calls stand on.
        run: What is asked for.
        alone: The command that works on suspects.
    """

    def __init__(self, platform: Platform, run: BackfillRun, *, alone: Sequence[str] = COMMAND) -> None:
        self._platform = platform
        self._run = run
        self._suspects = SuspectProcesses(platform, alone)
        self._ledger = Ledger.of(platform.db, platform.settings, run.run_id)
        self.planned = 0
        """Calls that it found to do again, so far."""

    def beats(self) -> Generator[Beat, None, None]:
        """Work until all is done, or nothing has moved for as long as patience lasts; yield about twice a second.

        Raises:
            Unavailable: Postgres does not answer.
        """
        settings = self._platform.settings
        hands, nice = settings.calls_in_hand, settings.background_nice
        with keeping(settings) as keeper:
            crew = Crew(self._platform, self._ledger, keeper, hands, nice=nice)
            try:
                yield from self._work(crew)
            finally:
                self._suspects.stop()
                crew.let_go(STOP_SECONDS)
                self._suspects.end(STOP_SECONDS)
            yield crew.beat()

    def _work(self, crew: Crew) -> Iterator[Beat]:
        pages = self._pages()
        more, moved_at, left = True, time.monotonic(), -1
        while more or left:
            while more and left < AHEAD - PAGE:
                more = next(pages, None) is not None
                left = self.left()
            crew.take(crew.free, WorkClass.ASKED, WorkClass.HISTORY)
            self._suspects.look()
            yield crew.beat()
            crew.wake.wait(BEAT_SECONDS)
            crew.wake.clear()
            still = self.left()
            moved_at, left = (moved_at, left) if still == left else (time.monotonic(), still)
            if time.monotonic() - moved_at > self._platform.settings.patience_seconds:
                return

    def _pages(self) -> Iterator[int]:
        """Plan a page of calls each time, hour by hour; yield how many are to be done again."""
        run = self._run
        versions = {stage: work.version for stage, work in self._platform.works.items()}
        for hour in run.hours:
            wish = Wish(hour, run.stages, versions, run.workspaces, run.again)
            last: Redo | None = None
            while page := self._page(wish, last):
                last = page[-1]
                yield len(page)

    def _page(self, wish: Wish, after: Redo | None) -> Sequence[Redo]:
        release = self._platform.settings.release
        with self._platform.db.transaction() as conn:
            page = page_of(conn, wish, after)
            self.planned += len(plan_again(conn, page, self._run.work_class, release, self._run.run_id))
        return page

    def left(self) -> int:
        """Return how many of its calls still wait; live workers go on with them."""
        return self._count(OPEN)

    def given_up(self) -> int:
        """Return how many of its calls became dead letters."""
        return self._count(GIVEN_UP)

    def _count(self, query: str) -> int:
        with self._platform.db.transaction() as conn:
            ((count,),) = conn.execute(query.encode(), (CALLS.name, self._run.run_id)).fetchall()
        return int(count)
