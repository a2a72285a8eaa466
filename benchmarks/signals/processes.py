"""Processes that are started together, and what the kernel says of each when it is over.

Belongs here: starting, waiting, CPU. Does not: what they do.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nooks_dagster.failures import Permanent


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took: CPU-seconds, its start included, and what it told on its last line."""

    cpu: float
    told: Mapping[str, Any]


def together(
    module: str, arguments: Sequence[Sequence[str]], variables: Mapping[str, str], folder: Path
) -> list[Spent]:
    """Run a module once for each list of arguments, all at once; it ends with a line of JSON.

    Raises:
        Permanent: One of them failed; the message has its last words.
    """
    started = [
        _start(module, given, variables, folder / f"{module}-{number}.log") for number, given in enumerate(arguments)
    ]
    try:
        return [_ended(module, process, log) for process, log in started]
    finally:
        for process, _ in started:
            if process.returncode is None:
                process.kill()
                process.wait()


def _start(
    module: str, arguments: Sequence[str], variables: Mapping[str, str], log: Path
) -> tuple[subprocess.Popen[bytes], Path]:
    with log.open("wb") as errors, log.with_suffix(".out").open("wb") as output:
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.Popen(command, cwd=log.parent, env=variables, stdout=output, stderr=errors), log


def _ended(module: str, process: subprocess.Popen[bytes], log: Path) -> Spent:
    cpu, code = waited(process)
    if code:
        raise Permanent(f"{module} failed: {log.read_text(errors='replace').strip()[-2000:]}")
    lines = log.with_suffix(".out").read_text().splitlines()
    return Spent(cpu, json.loads(lines[-1]) if lines else {})


def waited(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """Wait for a process; return its CPU-seconds and its exit code.

    Its memory is read elsewhere: `ru_maxrss` begins with that of the process that started it.
    """
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, process.returncode
