"""Reading beside asking: sites are looked at in a thread of its own, so that those that were can be asked about.

Belongs here: the thread, and what it hands over. Does not: looking (`research.runs`), whom to ask (`signals.rounds`).
"""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager

from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.research.shelf import Kept

Looks = Callable[[LeaseKeeper], Generator[Kept | None, None, None]]


class Reading:
    """The research of a run that asks too.

    Args:
        looks: Looks at sites and yields what each look came to, and None; its first beat comes when all is planned.
        told: Called with what each look came to, in the thread that takes it.
    """

    def __init__(self, looks: Looks, told: Callable[[Kept], None]) -> None:
        self._looks = looks
        self._told = told
        self._kept: deque[Kept] = deque()
        self._stopping = threading.Event()
        self._planned = threading.Event()
        self._ended = threading.Event()
        self._error: BaseException | None = None
        self._beats = 0

    @property
    def ended(self) -> bool:
        """Say whether nothing more will come; what came may still be there to take."""
        return self._ended.is_set()

    @property
    def done(self) -> bool:
        """Say whether all that this run can look at was looked at, and taken."""
        return self.ended and self._error is None and not self._kept and not self._stopping.is_set()

    @property
    def found_work(self) -> bool:
        """Say whether there was anything to look at, here or in another run."""
        return self._beats > 1

    @contextmanager
    def beside(self, keeper: LeaseKeeper) -> Iterator[None]:
        """Read for the length of a block; what is under way at its end is given back."""
        thread = threading.Thread(target=self._read, args=(keeper,), name="reading", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self.stop()
            thread.join()

    def planned(self, seconds: float) -> bool:
        """Wait so long for all that is to be looked at to be planned; say if it is."""
        return self._planned.wait(seconds)

    def take(self) -> Sequence[str]:
        """Return the sites that were looked at since the last time."""
        taken = [self._kept.popleft() for _ in range(len(self._kept))]
        for kept in taken:
            self._told(kept)
        return [kept.site for kept in taken]

    def stop(self) -> None:
        """Begin no more looks."""
        if not self.ended:
            self._stopping.set()

    def check(self) -> None:
        """Return if nothing broke it.

        Raises:
            Failure: What did.
        """
        if self._error:
            raise self._error

    def _read(self, keeper: LeaseKeeper) -> None:
        try:
            with closing(self._looks(keeper)) as looks:
                for kept in looks:
                    self._beats += 1
                    self._planned.set()
                    if kept:
                        self._kept.append(kept)
                    if self._stopping.is_set():
                        return
        except BaseException as error:  # noqa: BLE001  it is the run's to raise
            self._error = error
        finally:
            self._ended.set()
            self._planned.set()
