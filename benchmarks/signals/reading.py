"""The research of a book in a process of its own: which accounts there are, and the pages of their sites.

Belongs here: one run of it, as the asset does it. Does not: Dagster, whose cost is one run's.
Run as `python -m benchmarks.signals.reading`, with the configuration in the environment.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from benchmarks.crms import WORKSPACE
from benchmarks.work import measured
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch, web_researcher
from nooks_dagster.settings import settings


def main() -> None:
    """Read, and tell what it took."""
    here = settings()
    db = Database(here.postgres_url, here.research_workers + 1)
    platform = Platform(db, Lake(here.lake_bucket, scratch=here.scratch), here, web_researcher(here))
    measured(lambda: _read(platform))
    db.close()


def _read(platform: Platform) -> Mapping[str, Any]:
    counts, outcomes = Counter[str](), Counter[str]()
    for kept in WorkspaceResearch(platform, ResearchRun(WORKSPACE, "bench")).beats():
        if kept:
            outcomes[str(kept.outcome)] += 1
            counts += Counter(sites=1, pages=len(kept.pages), documents=kept.new, bytes=kept.bytes)
    return {**counts, "outcomes": dict(outcomes)}


if __name__ == "__main__":
    main()
