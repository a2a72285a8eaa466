"""What an error makes of an account that was asked about: the one retry budget of its (scope, subject, signal).

Belongs here: the table from failure to what comes next. Pure functions. Does not: writing it down (`signals.asking`).
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from nooks_dagster.failures import (
    Corrupt,
    Permanent,
    QuotaExhausted,
    SourceDown,
    Transient,
    Unanswered,
    Unauthorized,
    Unavailable,
)
from nooks_dagster.signals.reports import Status

BACKOFF = timedelta(seconds=1)
MOST_BACKOFF = timedelta(minutes=1)
MORE_TRIES = 3
"""Of a provider that answers every other question only, five in a row fail three accounts of a hundred in 15 s, eight
four of a thousand in two minutes."""


@dataclass(frozen=True, slots=True)
class Next:
    """What comes next after an error.

    Attributes:
        again: Whether the account is asked about again before it is an error.
        failures: How many errors accuse it now.
        wait: Until then.
        holds_all: The same would happen to every other account now.
    """

    again: bool
    failures: int
    wait: timedelta
    holds_all: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an account in one try: it has an answer (`status`), or rests, or is another's (neither).

    Attributes:
        status: Of the answer, None without one.
        wait: How long it rests.
        error: Why it rests, or what ends the run.
        holds_all: All others rest as long.
        cost: USD spent on it now, whatever came of it.
        cached: The answer was there.
        bought: Purchases.
        duplicates: Purchases that another had made meanwhile.
        dropped: Findings that no document showed.
    """

    status: Status | None = None
    wait: timedelta | None = None
    error: BaseException | None = None
    holds_all: bool = False
    cost: Decimal = Decimal(0)
    cached: bool = False
    bought: int = 0
    duplicates: int = 0
    dropped: int = 0


def judge(error: BaseException, failures: int, attempts: int) -> Next:
    """Decide what an error makes of an account.

    Args:
        error: What happened.
        failures: How many accused it before.
        attempts: The last one is an error.

    Raises:
        BaseException: The error itself, if no account can be asked about as long as it stands.
    """
    if isinstance(error, Unauthorized) or not isinstance(error, Exception):
        raise error
    if isinstance(error, Transient) and not error.counts_as_attempt:
        for_all = isinstance(error, QuotaExhausted | SourceDown | Unavailable)
        return Next(True, failures, error.retry_in or BACKOFF, for_all)
    failures += 1
    # Bytes that disagree are fetched once more.
    last = 2 if isinstance(error, Corrupt) else attempts + MORE_TRIES * isinstance(error, Unanswered)
    if isinstance(error, Permanent) or failures >= last:
        return Next(False, failures, timedelta())
    asked = error.retry_in if isinstance(error, Transient) else None
    return Next(True, failures, asked or min(BACKOFF * 2 ** (failures - 1), MOST_BACKOFF))
