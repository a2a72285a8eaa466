"""Calls of a backfill let others have the cores; what a person asks for does not, nor does a live worker's thread."""

import os
import sys
import threading
from datetime import timedelta

import pytest

from nooks_dagster.calls.model import Outcome, Stage, Task
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from tests.calls.engine.things import World

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows a thread's nice value")
LEASE = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("work_class", "nice", "gives_way"),
    [(WorkClass.HISTORY, 10, True), (WorkClass.ASKED, 10, False), (WorkClass.HISTORY, 0, False)],
)
def test_only_what_nobody_waits_for_gives_way_and_only_where_no_live_call_is_beside_it(
    world: World, work_class: WorkClass, nice: int, gives_way: bool
) -> None:
    before, seen = os.getpriority(os.PRIO_PROCESS, 0), set[int]()

    def script(task: Task) -> Outcome:
        seen.add(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return world.works[Stage.VALIDATE].usual(task)

    world.script(Stage.VALIDATE, script)
    world.accept(work_class=work_class)
    ledger = Ledger(world.db, "worker-1", LEASE, "test")
    crew = Crew(world.platform, ledger, LeaseKeeper(world.db, LEASE, LEASE), 4, nice=nice)
    crew.take(1, WorkClass.LIVE, WorkClass.HISTORY)
    assert crew.join(30)
    assert seen == {nice if gives_way else before}
