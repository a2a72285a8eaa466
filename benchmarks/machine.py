"""Where and of what a measurement was taken.

Belongs here: facts that decide whether two reports may be compared.
"""

import os
import platform
import subprocess
from pathlib import Path

import psycopg

from benchmarks.services import PROJECT


def facts(url: str) -> dict[str, str]:
    """Return cores, CPU, kernel and the versions of Python and Postgres."""
    with psycopg.connect(url) as conn:
        ((version,),) = conn.execute("SHOW server_version").fetchall()
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "cpu": _cpu(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "postgres": version,
    }


def release() -> str:
    """Return the commit that is checked out, with a `+` when files differ from it; "unknown" without git."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude", "*"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip() or "unknown"


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
