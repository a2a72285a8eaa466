"""Suspects: calls whose worker died are worked on each in a process of its own, so that they harm nobody.

Belongs here: those processes, and starting them when needed. Does not: what a call goes through
(`calls.pipeline.pipeline`).

A worker that is killed leaves two dozen suspects, of which one at most is to blame: live work goes on beside them.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.calls.work import CALLS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Unavailable
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import keeping
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.door import Door
from nooks_dagster.settings import settings
from nooks_dagster.threads import STOP_SECONDS

COMMAND = (sys.executable, "-m", "nooks_dagster.calls.pipeline.suspects")
AT_ONCE = 2
"""Processes of one worker, two connections each: the 24 calls of one that was killed are through in a minute."""
IDLE_SECONDS = 30.0
"""It stays so long without work: a start takes a second of CPU."""
POLL_SECONDS = 1.0
THERE = """
    SELECT EXISTS (SELECT FROM work.items WHERE queue = %(queue)s AND state = 'leased' AND lease_until < now())
        OR EXISTS (SELECT FROM work.items
                   WHERE queue = %(queue)s AND state = 'waiting' AND deaths > 0 AND due_at <= now())
"""


class SuspectProcesses:
    """The processes beside a worker that take suspects, while there are some.

    Args:
        platform: Where they are.
        command: What to start.
    """

    def __init__(self, platform: Platform, command: Sequence[str] = COMMAND) -> None:
        self._db = platform.db
        self._url = platform.settings.postgres_url
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start the processes if there are suspects and they do not run."""
        if self._process and self._process.poll() is None:
            return
        with self._db.transaction() as conn:
            ((there,),) = conn.execute(THERE, {"queue": CALLS.name}).fetchall()
        if there:
            # It ends with us, however we end: its standard input closes.
            here = {**os.environ, "NOOKS_POSTGRES_URL": self._url}
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, env=here)  # noqa: S603  ours

    def stop(self) -> None:
        """Tell them to finish what is in their hands, or to give it back."""
        if self._process and self._process.stdin:
            self._process.stdin.close()

    def end(self, seconds: float) -> None:
        """Wait so long for them to end, then cut them off."""
        if self._process is None:
            return
        try:
            self._process.wait(max(0.0, seconds))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def work_alone(platform: Platform, stopped: Callable[[], bool]) -> None:
    """Work on suspects one at a time until told to stop, or until there were none for a while."""
    ledger = Ledger.of(platform.db, platform.settings, "alone")
    with keeping(platform.settings) as keeper:
        crew = Crew(platform, ledger, keeper, 1)
        quiet = 0.0
        while not stopped() and quiet < IDLE_SECONDS:
            if _take(crew):
                quiet = 0.0
            else:
                quiet += POLL_SECONDS
                time.sleep(POLL_SECONDS)
            while not crew.join(POLL_SECONDS) and not stopped():
                pass
        crew.let_go(STOP_SECONDS)


def _take(crew: Crew) -> int:
    try:
        return crew.take(crew.free, WorkClass.LIVE, WorkClass.HISTORY, suspects=True)
    except Unavailable:  # Postgres may be restarting
        return 0


def orphaned() -> Callable[[], bool]:
    """Return what says whether the process that started this one is gone, or has told it to stop."""
    gone = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        gone.set()

    threading.Thread(target=wait, name="parent", daemon=True).start()
    return gone.is_set


def multiply(work: Callable[[], None], times: int = AT_ONCE) -> None:
    """Do work in so many copies of this process, until all end by themselves; one that is killed is made again.

    A copy costs 10 ms and no memory to speak of, for all modules are there. This process must have no thread and no
    connection yet.
    """
    copies = {_copy(work) for _ in range(times)}
    while copies:
        pid, status = os.wait()
        copies.discard(pid)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) != signal.SIGTERM:
            copies.add(_copy(work))


def _copy(work: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return pid


def main() -> None:
    """Work on suspects with all stages of this release."""
    chosen = settings()
    with Database(chosen.postgres_url, size=1) as db:
        lake = Lake(chosen.lake_bucket)
        work_alone(platform_of(db, lake, chosen, Door(db, chosen)), orphaned())


if __name__ == "__main__":
    multiply(main)
