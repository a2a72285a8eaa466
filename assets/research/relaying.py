"""What the research of one run tells Dagster.

Belongs here: relaying between Dagster and the engine. Does not: the research (`nooks_dagster.research`), what the
asset's page shows (`assets.research.results`).
"""

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import dagster as dg

from assets.boundary import failed
from assets.pace import OBSERVE_EVERY
from assets.research.documents import KEY
from assets.research.results import Tally, materialized, observed
from nooks_dagster.ledger.runs import WorkspaceRun
from nooks_dagster.research.beside import Reading
from nooks_dagster.research.planning import Wish
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch

Told = dg.MaterializeResult[Any] | dg.AssetObservation


class Documents:
    """The research of a run, and what has come of it so far.

    Args:
        platform: What it stands on.
        run: Who looks.
        wish: At what.
    """

    def __init__(self, platform: Platform, run: WorkspaceRun, wish: Wish) -> None:
        self._platform = platform
        self._run = run
        self._tally = Tally()
        self._research = WorkspaceResearch(
            platform, ResearchRun(run.workspace, run.run_id, run.launch, run.work_class, wish)
        )
        self.reading = Reading(self._research.looks, self._tally.add)

    def relayed(self) -> Iterator[Told]:
        """Look at the sites that are due, in a run that does nothing else; one that cannot be read is no failure."""
        told = time.monotonic()
        with closing(self._research.beats()) as beats:
            for kept in beats:
                if kept:
                    self._tally.add(kept)
                elif time.monotonic() - told >= OBSERVE_EVERY:
                    told = time.monotonic()
                    yield self.observed()
        yield self.materialized()
        self.check()

    def observed(self) -> dg.AssetObservation:
        """Return how far it is."""
        return observed(KEY, self._run.workspace, self._tally)

    def materialized(self) -> dg.MaterializeResult[Any]:
        """Return what it has done."""
        with self._platform.db.transaction() as conn:
            return materialized(KEY, conn, self._run.workspace, self._tally)

    def check(self) -> None:
        """Return if all was done, or nobody waits.

        Raises:
            dg.Failure: Some of what a person asked for could not be done.
        """
        if self._research.problems and self._run.launch is None:
            raise failed(self._research.problems)
