"""One live worker in a process of its own: `python -m benchmarks.calls.worker SLOT HOUR RUN`.

Belongs here: one turn. Does not: Dagster, whose cost is one run's an hour; which turns there are (`calls.staff`).
"""

import signal
import sys
from contextlib import closing
from datetime import datetime

from nooks_dagster.calls.live.worker import LiveRun, LiveWorker
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import settings


def main(slot: str, hour: str, run_id: str) -> None:
    """Work until relieved, or asked to stop."""
    here = settings()
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    with closing(Database(here.postgres_url, here.postgres_connections)) as db:
        platform = platform_of(db, Lake(here.lake_bucket), here, Door(db, here))
        run = LiveRun(int(slot), datetime.fromisoformat(hour), run_id)
        with closing(LiveWorker(platform, run).beats()) as beats:
            for _ in beats:
                if stopped:
                    break


if __name__ == "__main__":
    main(*sys.argv[1:])
