"""Loops that a worker runs beside its calls, each in a thread of its own: deliveries.

Belongs here: starting and ending them. Does not: what they do.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from nooks_dagster.ledger.verdicts import described

log = logging.getLogger(__name__)

AGAIN_SECONDS = 5.0
Loop = Callable[[Callable[[], bool]], None]
"""Runs until what it is given says so."""


class Loops:
    """Some loops, begun at once.

    Args:
        loops: What to run.
    """

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(loop,), name="beside", daemon=True) for loop in loops]
        for thread in self._threads:
            thread.start()

    def _run(self, loop: Loop) -> None:
        while not self._stopping.is_set():
            try:
                loop(self._stopping.is_set)
            except Exception as error:  # noqa: BLE001  its words may quote a call
                log.error("a loop beside the calls broke, and begins again: %s", described(error))  # noqa: TRY400
                self._stopping.wait(AGAIN_SECONDS)

    def stop(self) -> None:
        """Tell them to end."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        """Wait so long for all of them to end; what does not is cut off with the process."""
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
