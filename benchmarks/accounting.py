"""What processes have used so far, read from the kernel: CPU-seconds and memory.

Belongs here: reading. Does not: when to read (`benchmarks.watching`), or which processes (`benchmarks.services`).
"""

import resource
from contextlib import suppress
from pathlib import Path

import psutil

MB = 1_000_000


def cpu_of_tree(pid: int) -> float:
    """Return the CPU-seconds (user and system) of a process and of all that descend or descended from it.

    The times of children that ended are kept by the parent that waited for them, as the postmaster does for
    its backends; so nothing is sampled, and nothing is lost between two looks.
    """
    total = 0.0
    root = psutil.Process(pid)
    for process in [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def own_cpu() -> float:
    """Return the CPU-seconds of this process, with its threads and the children it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def peak_mb(pid: int) -> float:
    """Return the most memory that a process ever had resident."""
    return _memory(pid).get("VmHWM", 0) / MB


def resident_mb(pid: int) -> float:
    """Return the memory that a process has resident now; 0 when it is gone."""
    return _memory(pid).get("VmRSS", 0) / MB


def server_mb(pid: int) -> float:
    """Return what a Postgres holds now: the private memory of all its processes, and the shared memory once."""
    root = psutil.Process(pid)
    held = [_memory(process.pid) for process in [root, *root.children()]]
    shared = max(memory.get("RssShmem", 0) for memory in held)
    return (shared + sum(memory.get("RssAnon", 0) for memory in held)) / MB


def _memory(pid: int) -> dict[str, int]:
    """Return the fields of /proc/PID/status that are sizes, in bytes."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    words = [line.split() for line in lines if line.endswith(" kB")]
    return {name.rstrip(":"): int(size) * 1024 for name, size, _ in words}
