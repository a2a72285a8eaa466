"""Giving way: a thread whose work nobody waits for leaves the cores to those whose work somebody does.

Belongs here: of which classes, telling the kernel, and a thread for what a run would do in its main one. Does not: the
threads of those who have their own, nor Postgres and the lake, where all are served alike.

By thread and not by run: a run of a history also does what is due now, keeps its leases and tells that it is alive. A
thread cannot take it back, so only one that ends with its work gives way; those that it starts inherit it. Linux alone
knows a thread's nice value; elsewhere nothing happens.
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.threads import started

Result = TypeVar("Result")

BACKGROUND = WorkClass.NIGHTLY
"""From here on nobody waits: sweeps, histories, backfills."""


def give_way(work_class: WorkClass, nice: int) -> None:
    """Let this thread have a core when those with a lower nice value want none, if its work is of a background class.

    Args:
        work_class: Of the work that the thread was started for.
        nice: From 0, as all others, to 19; one that the process has already is not lowered.
    """
    if work_class < BACKGROUND or nice == 0 or sys.platform != "linux":
        return
    thread = threading.get_native_id()
    with suppress(OSError):  # a container may forbid it
        os.setpriority(os.PRIO_PROCESS, thread, max(nice, os.getpriority(os.PRIO_PROCESS, thread)))


def in_background(nice: int, do: Callable[[], Result]) -> Result:
    """Do something of a background class in a thread of its own; wait for it, and return or raise what came of it.

    Args:
        nice: As that of `give_way`.
        do: What may be cut off anywhere: the end of the process does not wait for it.
    """

    def giving_way() -> Result:
        give_way(BACKGROUND, nice)
        return do()

    return started("background", giving_way).result()
