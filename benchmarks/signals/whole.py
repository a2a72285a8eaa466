"""A run over a book that nobody has read, in a process of its own: first all is read, or what was read is asked.

Belongs here: the run, and when its answers came. Does not: Dagster, whose cost is one run's.
Run as `python -m benchmarks.signals.whole apart|beside SIGNAL...`, with the configuration in the environment.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from assets.account_signals.catalog import signals
from benchmarks.crms import WORKSPACE
from benchmarks.work import measured
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.research.beside import Reading
from nooks_dagster.research.library import Library
from nooks_dagster.research.runs import Platform as Pages
from nooks_dagster.research.runs import ResearchRun, WorkspaceResearch, web_researcher
from nooks_dagster.research.shelf import Kept
from nooks_dagster.settings import settings
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun

BOUGHT = "SELECT extract(epoch FROM observed_at)::float FROM signals.answers WHERE purchase IS NOT NULL ORDER BY 1"
READ = "SELECT extract(epoch FROM max(looked_at))::float FROM research.sites"
BATCHES = "SELECT count(*) FROM work.items WHERE queue = 'signals.batches'"
OPEN = "SELECT count(*) FROM signals.asked WHERE open"


def main(how: str, *names: str) -> None:
    """Read and ask, and tell when what was there."""
    here = settings()
    db = Database(here.postgres_url, here.postgres_connections)
    lake = Lake(here.lake_bucket, scratch=here.scratch)
    platform = Platform(db, lake, here, Door(db, here), Library(db, lake))
    research = WorkspaceResearch(Pages(db, lake, here, web_researcher(here)), ResearchRun(WORKSPACE, "bench"))
    asked = [signal for signal in signals() if signal.name in names]
    measured(lambda: _told(platform, research, asked, apart=how == "apart"))
    db.close()


def _told(
    platform: Platform, research: WorkspaceResearch, asked: Sequence[Signal], *, apart: bool
) -> Mapping[str, Any]:
    began, sites = time.time(), list[Kept]()
    if apart:
        sites.extend(kept for kept in research.beats() if kept)
    reading = None if apart else Reading(research.looks, sites.append)
    for _ in WorkspaceSignals(platform, SignalsRun(WORKSPACE, "bench"), asked, reading).run():
        pass
    with platform.db.transaction() as conn:
        bought = [at - began for (at,) in conn.execute(BOUGHT)]
        ((read,), (batches,), (still,)) = (conn.execute(one).fetchall()[0] for one in (READ, BATCHES, OPEN))
    return {
        "sites": len(sites),
        "answers": len(bought),
        "batches": batches,
        "open": still,
        "read": read - began,
        "first": bought[0],
        "hundredth": bought[min(99, len(bought) - 1)],
        "median": median(bought),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
