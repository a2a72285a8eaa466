"""When a page is old enough to be read again, and when a site that could not be is tried again.

Belongs here: the spans. Does not: reading (`research.web`).
"""

from collections.abc import Mapping
from datetime import timedelta

from nooks_dagster.research.documents import Kind, Outcome
from nooks_dagster.settings import Settings

AGAIN_AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=7))
"""After one look that reached nobody, after two, after more."""
EARLY = timedelta(hours=12)
"""So much before its time a page is old enough: the run of a night finds due what that of a week ago read last."""


class Ages:
    """How long what was read is good for.

    Args:
        settings: Where people choose.
    """

    def __init__(self, settings: Settings) -> None:
        slow, fast = timedelta(days=settings.research_days), timedelta(days=settings.research_news_days)
        changing = (Kind.CAREERS, Kind.NEWS, Kind.BLOG)
        self.of: Mapping[Kind, timedelta] = {kind: fast if kind in changing else slow for kind in Kind}
        self._slow, self._fast = slow, fast

    def rest(self, outcome: Outcome, failures: int, *, changing: bool) -> timedelta:
        """Return how long a site rests after a look.

        Args:
            outcome: Of the look.
            failures: Looks in a row, this one included, in which something did not answer.
            changing: Whether it has a page that is read again soon.
        """
        if failures:
            return AGAIN_AFTER[min(failures, len(AGAIN_AFTER)) - 1] - EARLY
        return (self._fast if outcome is Outcome.OK and changing else self._slow) - EARLY
