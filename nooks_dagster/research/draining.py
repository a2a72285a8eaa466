"""Looking at all sites that a workspace has planned: many at once, a commit for each.

Belongs here: claims, threads, and what becomes of a batch. Does not: one look (`research.looking`), planning
(`research.planning`).

One bound, the number of threads, over all batches of a run: a batch whose last site is slow holds up no other. Who
killed a worker is found out by site (`research.leases`), so a batch that was opened has a clean record again.
"""

from collections import deque
from collections.abc import Callable, Collection, Generator, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from datetime import timedelta
from threading import Event

from nooks_dagster.failures import Failure, LostLease, Unavailable
from nooks_dagster.lake.lists import read_list, remove_list
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import Claim
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.research.batches import Held
from nooks_dagster.research.leases import suspects
from nooks_dagster.research.looking import Looker, NotTaken
from nooks_dagster.research.researcher import Stopped
from nooks_dagster.research.shelf import Kept
from nooks_dagster.research.work import SITES, Batch

POLL_SECONDS = 0.5
"""Between two beats while nothing ends."""


class Drain:
    """Drains the batches of a workspace, once.

    Args:
        ledger: The work.
        lake: Where the lists of sites are.
        keeper: Renews what is claimed.
        looker: Looks at a site.
        claim: Claims a batch that is due, told whether it may be one whose last worker died.
        workers: Sites in flight.
        begin: What each of their threads does first.
    """

    def __init__(
        self,
        ledger: Ledger,
        lake: Lake,
        keeper: LeaseKeeper,
        looker: Looker,
        claim: Callable[[bool], Claim | None],
        *,
        workers: int,
        begin: Callable[[], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._lake = lake
        self._keeper = keeper
        self._looker = looker
        self._claim_of = claim
        self._workers = workers
        self._begin = begin
        self._held: list[Held] = []
        self._looks: dict[Future[Kept | NotTaken], tuple[Held, str]] = {}
        self._alone = False
        self._stop = Event()
        self.problems: list[str] = []

    def run(self) -> Generator[Kept | None, None, None]:
        """Yield what each look came to, and None now and then, until nothing is left that this run can do.

        Afterwards `problems` tells of batches that were given back.
        """
        with ThreadPoolExecutor(self._workers, "research", self._begin) as threads:
            try:
                while self._start(threads):
                    yield from self._ended()
                    yield None
            except BaseException:
                self._stop.set()  # looks end at their next read, and give their sites back
                self._abandon()
                raise

    def _start(self, threads: ThreadPoolExecutor) -> bool:
        """Give idle threads something to look at, a suspect once they are all idle; say if there is a batch in hand."""
        while len(self._looks) < self._workers and not self._alone:
            if found := next(((held, site) for held in self._held if (site := held.next())), None):
                self._submit(threads, *found)
            elif len(self._held) >= self._workers or not self._claim():
                break
        if not self._looks and (held := next((one for one in self._held if one.alone and not one.error), None)):
            self._alone = True
            self._submit(threads, held, held.alone.popleft())
        return bool(self._held)

    def _submit(self, threads: ThreadPoolExecutor, held: Held, site: str) -> None:
        held.running += 1
        look = threads.submit(self._looker.look, site, held.batch.again, self._stopped(held.claim))
        self._looks[look] = held, site

    def _stopped(self, claim: Claim) -> Callable[[], bool]:
        return lambda: claim.lost or self._stop.is_set()

    def _claim(self) -> bool:
        """Claim one more batch, those of dead workers first; say if there was one."""
        claim = self._claim_of(True) or self._claim_of(False)
        if claim is None:
            return False
        try:
            self._held.append(self._opened(claim))
        except Exception as error:  # noqa: BLE001  the verdict says what may be told
            self._give_back(claim, error)
        return True

    def _opened(self, claim: Claim) -> Held:
        with ExitStack() as stack:
            stack.enter_context(self._keeper.holding(claim))
            batch = Batch.of(claim.item)
            sites = read_list(self._lake, batch.sites)
            with self._ledger.db.transaction() as conn:
                suspected = suspects(conn, sites)
                self._ledger.note(conn, claim, claim.item.progress)
            waiting = deque(site for site in sites if site not in suspected)
            return Held(claim, batch, stack.pop_all(), waiting, deque(sorted(suspected)))

    def _ended(self) -> Iterator[Kept]:
        """Yield the looks that ended, waiting a little for one; close the batches that are done."""
        if not self._looks:
            self._stop.wait(POLL_SECONDS)
        done, _ = wait(self._looks, POLL_SECONDS, FIRST_COMPLETED)
        moved: set[Held] = set()
        for look in done:
            held, site = self._looks.pop(look)
            held.running -= 1
            moved.add(held)
            self._alone = False
            if kept := self._judged(held, site, look):
                held.count(kept)
                yield kept
        self._tick(moved)
        for held in [held for held in self._held if held.finished]:
            self._close(held)

    def _judged(self, held: Held, site: str, look: Future[Kept | NotTaken]) -> Kept | None:
        try:
            found = look.result()
        except Unavailable as error:
            held.trouble(site, error, (error.retry_in or timedelta()).total_seconds())
        except LostLease:  # of the site: another run has taken it over
            held.postpone(site)
        except Stopped:
            held.error = held.error or LostLease("the batch is another's")
        except Exception as error:  # noqa: BLE001  the verdict says what may be told
            held.error = error
        else:
            if isinstance(found, Kept):
                return found
            if found is NotTaken.BUSY:
                held.postpone(site)
        return None

    def _tick(self, moved: Collection[Held]) -> None:
        """Tell that the work moves: of batches that wait for their turn too, but of none whose looks all hang."""
        for held in self._held:
            if held in moved or not held.running:
                try:
                    held.claim.tick()
                except LostLease as lost:
                    held.error = lost

    def _close(self, held: Held) -> None:
        self._held.remove(held)
        with held.renewing:
            if held.error:
                self._give_back(held.claim, held.error)
                return
            try:
                with self._ledger.db.transaction() as conn:
                    self._ledger.complete(conn, held.claim, dict(held.outcomes))
                remove_list(self._lake, held.batch.sites)
            except Exception as error:  # noqa: BLE001  the verdict says what may be told
                self._give_back(held.claim, error)

    def _give_back(self, claim: Claim, error: BaseException) -> None:
        verdict = self._ledger.fail(SITES, claim, error)
        if not isinstance(error, LostLease):
            self.problems.append(verdict.reason or verdict.state)

    def _abandon(self) -> None:
        for held in self._held:
            with held.renewing, suppress(Failure):  # without Postgres the lease ends by itself
                self._ledger.release_claim(held.claim, timedelta())
