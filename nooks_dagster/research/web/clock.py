"""How much time a look at a site has left: for the site, for the page, and until somebody stops it.

Belongs here: the deadlines. Does not: what is done within them.

A time-out of each read is no bound: a server that sends a byte every nine seconds keeps a reader of ten for ever.
"""

import time
from collections.abc import Callable

from nooks_dagster.research.researcher import Stopped


class OutOfTime(Exception):
    """A page or its site took too long."""


class Clock:
    """The deadlines of one look.

    Args:
        site_seconds: For all pages together.
        page_seconds: For each of them, redirects included.
        read_seconds: For each read and write.
        stopped: Says that the look is to end.
    """

    def __init__(
        self, site_seconds: float, page_seconds: float, read_seconds: float, stopped: Callable[[], bool]
    ) -> None:
        self._site_end = time.monotonic() + site_seconds
        self._page_seconds = page_seconds
        self._read_seconds = read_seconds
        self._stopped = stopped
        self._page_end = self._site_end

    def begin_page(self) -> None:
        """Give the next page its time, if the site has any left.

        Raises:
            OutOfTime: It has none.
        """
        self._page_end = min(self._site_end, time.monotonic() + self._page_seconds)
        self.left()

    def left(self, most: float | None = None) -> float:
        """Return the seconds that the next read or write may take.

        Raises:
            OutOfTime: None are left.
            Stopped: Somebody stopped the look.
        """
        if self._stopped():
            raise Stopped
        left = self._page_end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return min(left, self._read_seconds if most is None else most)

    def pause(self, seconds: float) -> bool:
        """Wait between two pages, as a site asks; return False at once if the site has not that much time left."""
        end = time.monotonic() + seconds
        if end > self._site_end:
            return False
        while (rest := end - time.monotonic()) > 0:
            if self._stopped():
                raise Stopped
            time.sleep(min(rest, 0.5))
        return True
