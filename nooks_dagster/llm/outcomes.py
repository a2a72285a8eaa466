"""How buying an answer may end badly, beyond what every boundary knows (`nooks_dagster.failures`).

Belongs here: the classes. Does not: telling them from replies (`llm.replies`).

They stand under the words of the vocabulary: whoever knows `Transient` and `Permanent` can act on them.
"""

from datetime import timedelta
from decimal import Decimal

from nooks_dagster.failures import Failure, Permanent, Transient, Unauthorized


class Preempted(Transient):
    """The caller stopped before its turn came: nothing was sent, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(seconds=1)


class Unusable(Unauthorized):
    """What was asked for is to be had by nobody: a model that is unknown, shut down or without a price."""


class Billed(Failure):
    """What was paid for, and cannot be used; the door has settled it.

    `purchase` is its id in `llm.purchases`, `cost` its USD.
    """

    purchase: int = 0
    cost: Decimal = Decimal(0)


class Refused(Billed, Permanent):
    """The model declined to answer."""


class Truncated(Billed, Transient):
    """The answer did not end within the tokens it was allowed."""


class Malformed(Billed, Transient):
    """The answer is no JSON, or not of the asked shape."""
