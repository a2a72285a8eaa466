"""Named places where a test kills the process, to prove that what follows is safe to lose.

Belongs here: the one function. The names stand beside the commits they surround; a process dies at one
only when `NOOKS_CRASH_AT` holds its name, once per file named by `NOOKS_CRASH_ONCE`, so that its
successor survives.
"""

import os
import signal
from pathlib import Path


def crash_point(name: str) -> None:
    """Die here by SIGKILL if the environment says so; otherwise cost one dictionary look-up."""
    if os.environ.get("NOOKS_CRASH_AT") != name:
        return
    once = os.environ.get("NOOKS_CRASH_ONCE")
    if once:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
