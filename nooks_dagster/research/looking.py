"""One look at one site: take it, look, keep what it brought.

Belongs here: the steps, and which error is the site's.
Does not: looking (`research.web`), batches (`research.draining`).
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, LostLease
from nooks_dagster.research.documents import Outcome
from nooks_dagster.research.leases import SiteLease, give_back, is_busy, mark_poison, take
from nooks_dagster.research.researcher import Look, Researcher, Stopped
from nooks_dagster.research.shelf import Kept, Known, Shelf

log = logging.getLogger(__name__)


class NotTaken(Enum):
    """Why there was no look."""

    BUSY = "busy"
    """Another run looks at it just now."""
    FRESH = "fresh"
    """It is not due: another run has looked at it meanwhile."""


@dataclass(frozen=True, slots=True)
class Looker:
    """Looks at sites. Safe to share between threads.

    Attributes:
        worker: Who looks, for people to read.
        lease: Longer than the longest look.
        rest: Of a site that killed its workers.
    """

    db: Database
    shelf: Shelf
    researcher: Researcher
    worker: str
    lease: timedelta
    rest: timedelta

    def look(self, site: str, again: datetime | None, stopped: Callable[[], bool]) -> Kept | NotTaken:
        """Look at a site if it is due, or was last looked at before `again`.

        Raises:
            Stopped: It was told to; the site is as it was.
            LostLease: Another worker has taken it over.
            Transient: Postgres or the lake does not answer; the site is as it was.
        """
        with self.db.transaction() as conn:
            lease = take(conn, site, self.worker, self.lease, again)
            if lease is None:
                return NotTaken.BUSY if is_busy(conn, site, again) else NotTaken.FRESH
            if lease.is_poison:
                mark_poison(conn, lease, self.rest)
                return Kept(site, Outcome.POISON)
            known = self.shelf.known(conn, site, again=again is not None)
        try:
            look = self._seen(site, known, stopped)
            try:
                return self._kept(lease, known, look)
            except (Stopped, Failure, LostLease):
                raise
            except Exception as error:  # noqa: BLE001  nor must what it shows, if it cannot be kept
                log.warning("what %s shows cannot be kept (%s)", site, type(error).__name__)
                return self._kept(lease, known, _broken_off(known))
        except (Stopped, Failure):
            self._give_back(lease)
            raise

    def _seen(self, site: str, known: Known, stopped: Callable[[], bool]) -> Look:
        try:
            return self.researcher.look(site, known.pages, stopped)
        except (Stopped, Failure):
            raise
        except Exception as error:  # noqa: BLE001  one site's page must not cost its neighbours their turn
            log.warning("the look at %s broke off (%s)", site, type(error).__name__)
            return _broken_off(known)

    def _kept(self, lease: SiteLease, known: Known, look: Look) -> Kept:
        rows = self.shelf.put(lease, known, look)
        with self.db.transaction() as conn:
            return self.shelf.commit(conn, lease, known, look, rows)

    def _give_back(self, lease: SiteLease) -> None:
        with suppress(Failure), self.db.transaction() as conn:
            give_back(conn, lease)


def _broken_off(known: Known) -> Look:
    return Look(Outcome.NOT_A_PAGE, [page.untouched() for page in known.pages])
