"""Processes that stand for Dagster's runs: those that take calls, and those of other work beside them.

Belongs here: starting one as the code server does. Does not: what one does.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.services import PROJECT, Services
from nooks_dagster.local.processes import Process


def start(where: Services, module: str, arguments: Sequence[str], log: Path, nice: int = 0) -> Process:
    """Start a run, in the session of who starts it.

    All runs are children of one code server and so of its session, and Linux shares cores among sessions first
    (`sched_autogroup_enabled`): one of its own would have as much of them as all others together, whatever its nice.
    """
    with log.open("ab") as output:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env=where.variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    os.setpriority(os.PRIO_PROCESS, child.pid, nice)
    child.returncode = 0  # it is known by its number from here on: Popen must not warn that it still runs
    return Process.of(child.pid)
