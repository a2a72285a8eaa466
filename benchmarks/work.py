"""A piece of work in a process of its own, measured from its first useful moment to its last.

Belongs here: both ends of it, `measured` in the process and `run` outside. Does not: what the work is.
The start of an interpreter, about 2 CPU-seconds of imports, is told apart: it is paid once for any number of rows.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.accounting import own_cpu, peak_mb
from benchmarks.watching import Watch
from nooks_dagster.failures import Permanent


@dataclass(frozen=True, slots=True)
class Work:
    """What a process told of its work; `start_cpu` came before it, `facts` are its own."""

    seconds: float
    cpu: float
    start_cpu: float
    peak_mb: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def measured(work: Callable[[], Mapping[str, Any]]) -> None:
    """Do the work, and tell on stdout what it took."""
    began, start_cpu = time.perf_counter(), own_cpu()
    facts = work()
    told = Work(time.perf_counter() - began, own_cpu() - start_cpu, start_cpu, peak_mb(os.getpid()), dict(facts))
    sys.stdout.write(f"{json.dumps(asdict(told))}\n")


def run(
    module: str, arguments: Sequence[str], variables: Mapping[str, str], folder: Path, seconds: float, watch: Watch
) -> Work:
    """Run a module that ends with `measured`, and watch its memory.

    Raises:
        Permanent: It failed, or did not end within `seconds`; the message has its last words.
    """
    log = folder / f"{module}.log"
    command = [sys.executable, "-m", module, *arguments]
    with log.open("wb") as errors:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=errors)
        try:
            with watch.watching(process.pid):
                output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Permanent(f"{module} did not end within {seconds:.0f} s.", next_step="Ask for fewer rows.") from None
        finally:
            process.kill()
            process.wait()
    if process.returncode != 0:
        raise Permanent(f"{module} failed: {log.read_text(errors='replace').strip()[-2000:]}")
    return Work(**json.loads(output.splitlines()[-1]))
