"""What the org says was deleted in a window: getDeleted knows of hard deletes and purges too, which no query shows.

Belongs here: asking within its rules. Does not: what follows, which is the engine's (`crm.sweeps.deletions`).

It looks back 30 days; what is older, and what the user may no longer see, is left to the sweeps.
https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_getdeleted.htm
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from nooks_dagster.crm.model import SourceObject, Window
from nooks_dagster.crm.salesforce.meanings import TooMany
from nooks_dagster.crm.salesforce.questions import Questions

LOOK_BACK = timedelta(days=29, hours=23)  # of 30 days
SHORTEST = timedelta(minutes=2)  # it wants more than a minute between its bounds


def deleted_in(questions: Questions, source: SourceObject, window: Window) -> Sequence[str]:
    """Return the ids of the rows that were deleted in a window, in whatever way; none where nobody keeps account."""
    if window.since is None or source.lags:
        return ()
    now = questions.clock()
    until = min(window.until, now)
    return _told(questions, source.name, max(min(window.since, until - SHORTEST), now - LOOK_BACK), until)


def _told(questions: Questions, name: str, since: datetime, until: datetime) -> Sequence[str]:
    """Ask, for less at once where too many went; what went within minutes is left to the sweeps."""
    if until - since < SHORTEST:
        return ()
    try:
        return questions.deleted(name, since, until)
    except TooMany:
        middle = since + (until - since) / 2
        return [*_told(questions, name, since, middle), *_told(questions, name, middle, until)]
