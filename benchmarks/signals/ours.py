"""One run of ours in a process of its own: signals of a workspace, asked as the asset asks them.

Belongs here: the run, until nothing is open any more, and what it tells. Does not: Dagster, whose cost is one run's.
Run as `python -m benchmarks.signals.ours NUMBER BEGIN SIGNAL...`, with the configuration in the environment; BEGIN is
the `time.time()` at which it begins, so that imports are behind it.
"""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from assets.account_signals.catalog import signals
from benchmarks.crms import WORKSPACE
from benchmarks.work import measured
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.lake.store import Lake
from nooks_dagster.llm.door import Door
from nooks_dagster.research.library import Library
from nooks_dagster.settings import settings
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun

OPEN = "SELECT count(*) FROM signals.asked WHERE workspace = %s AND open"


def main(number: str, begin: str, *names: str) -> None:
    """Ask, and tell what it took."""
    here = settings()
    db = Database(here.postgres_url, here.postgres_connections)
    lake = Lake(here.lake_bucket, scratch=here.scratch)
    platform = Platform(db, lake, here, Door(db, here), Library(db, lake))
    time.sleep(max(0.0, float(begin) - time.time()))
    measured(lambda: _asked(platform, f"bench-{number}", names))
    db.close()


def _asked(platform: Platform, run_id: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    """Run, and run again as the dispatcher would while accounts are due later."""
    asked = [signal for signal in signals() if signal.name in names]
    statuses: Counter[str] = Counter()
    began, rounds, failed = time.time(), 0, ""
    while not failed and (rounds == 0 or _open(platform)):
        rounds += 1
        run = WorkspaceSignals(platform, SignalsRun(WORKSPACE, f"{run_id}-{rounds}"), asked)
        try:
            for report in run.run():
                statuses.update({str(status): count for status, count in report.counts.statuses.items()})
        except Failure as error:
            failed = str(error)
        time.sleep(1.0 if _open(platform) else 0.0)
    return {"began": began, "ended": time.time(), "rounds": rounds, "statuses": dict(statuses), "failed": failed}


def _open(platform: Platform) -> int:
    with platform.db.transaction() as conn:
        ((count,),) = conn.execute(OPEN, (WORKSPACE,)).fetchall()
    return int(count)


if __name__ == "__main__":
    main(*sys.argv[1:])
