"""The one retry budget of a request: which outcomes are worth another try, and after what pause.

Belongs here: the number of tries, jitter, Retry-After. Does not: repeating work beyond one request, which
is the ledger's.
"""

import random
from collections.abc import Callable
from datetime import timedelta

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

from nooks_dagster.crm.work import SENDS_IN_A_ROW
from nooks_dagster.failures import QuotaExhausted, SourceDown, Transient

TRIES = SENDS_IN_A_ROW
LONGEST_PAUSE = timedelta(seconds=60)  # a longer Retry-After is the ledger's to wait for, not a thread's

Sleep = Callable[[float], None]


class Hopeless(Transient):
    """The same request never succeeds again, another one for the same thing may."""


class StaleToken(Transient):
    """The token died: a new login, then the next try at once."""


def budget(tries: int, sleep: Sleep) -> Retrying:
    """Return what calls a function up to so many times, and raises what the last try met."""
    return Retrying(
        stop=stop_after_attempt(tries),
        retry=retry_if_exception(is_worth_another_try),
        wait=pause,
        sleep=sleep,
        reraise=True,
    )


def is_worth_another_try(error: BaseException) -> bool:
    """Say whether the same request may succeed soon; a spent allowance, an outage and what is hopeless never do."""
    if not isinstance(error, Transient) or isinstance(error, (QuotaExhausted, SourceDown, Hopeless)):
        return False
    return error.retry_in is None or error.retry_in <= LONGEST_PAUSE


def pause(state: RetryCallState) -> float:
    """Return the seconds until the next try: what was asked for, else up to 1, 2, 4 and 8 seconds by lot."""
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, StaleToken):
        return 0.0
    if isinstance(error, Transient) and error.retry_in is not None:
        return error.retry_in.total_seconds() + random.uniform(0, 1)
    return random.uniform(0.1, 0.5 * 2.0**state.attempt_number)
