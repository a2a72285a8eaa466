"""The vocabulary of failure: what an outcome means for the item of work that met it.

Belongs here: the classes that every boundary (connectors, lake, model door) translates its errors into.
Does not: the reaction to them, which is the ledger's (`nooks_dagster.ledger`).

The message of a failure is shown in the UI and kept in Postgres: it names objects and fields, never values.
"""

from datetime import timedelta


class Failure(Exception):
    """An outcome with a name: what happened, on what, and what to do next.

    Args:
        what: One sentence in the past tense, without personal data or secrets.
        subject: The connection, object or file it happened on.
        next_step: What a person should do, or "" when the platform helps itself.
    """

    counts_as_attempt = True

    def __init__(self, what: str, *, subject: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.subject = subject
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the sentence a person reads."""
        where = f"{self.subject}: " if self.subject else ""
        hint = f" {self.next_step}" if self.next_step else ""
        return f"{where}{self.what}{hint}"


class Transient(Failure):
    """Worth trying again after a delay: a time-out, a 503, a lost connection.

    `usual_wait` is that delay where the class of failure knows it better than the queue.
    """

    usual_wait: timedelta | None = None

    def __init__(self, what: str, *, subject: str = "", next_step: str = "", retry_in: timedelta | None = None) -> None:
        super().__init__(what, subject=subject, next_step=next_step)
        self.retry_in = retry_in or self.usual_wait


class RateLimited(Transient):
    """The other side asked us to slow down; accuses nobody, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(seconds=10)  # the shortest window that a provider counts in


class QuotaExhausted(Transient):
    """A daily or rolling allowance is spent: the item is parked, visibly, and is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(minutes=10)  # a rolling allowance gives something back by then


class Deferred(QuotaExhausted):
    """A cap of ours on spend is reached: the work waits until it frees or is raised, and is no attempt."""


class Unanswered(Transient):
    """The other side gave no answer: a connection that broke, a time-out, a 5xx."""


class SourceDown(Transient):
    """The other side answers nobody, so nothing was sent: accuses no item, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(minutes=1)  # as often as it is asked whether it is back


class Unavailable(Transient):
    """Our own Postgres, lake or disk does not answer: accuses no item, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(seconds=5)  # a restart of Postgres takes one to three


class DiskFull(Unavailable):
    """A disk of ours has no space left."""

    usual_wait = timedelta(minutes=1)  # nobody frees a disk in seconds, and every try fetches its rows again


class Blocked(Transient):
    """The other side refuses whatever it is sent, by a rule of its own: a person must mend it, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(hours=1)  # as often as one item asks whether it was mended


class StalePlan(Transient):
    """What an item was cut from is gone at the source, or its parts do not add up: it is planned anew, no attempt."""

    counts_as_attempt = False


class NotReady(Transient):
    """What the item needs is on its way from somebody else: accuses nobody, so it is no attempt."""

    counts_as_attempt = False
    usual_wait = timedelta(seconds=5)


class Unauthorized(Failure):
    """The credentials were refused after one refresh: the connection is marked and its owner told."""


class Permanent(Failure):
    """Trying again cannot help: bad input, a missing object, a refused permission."""


class Corrupt(Failure):
    """Bytes or counts disagree with what was promised: fetched again once, then permanent."""


class Poison(Permanent):
    """The item killed its worker five times alone."""


class LostLease(Exception):
    """Another worker holds the item now: stop at once, commit nothing. No failure of the item."""


def word_for(error: BaseException) -> str:
    """Return the word of this vocabulary for an error; a connector's own kinds of failure are kept under it."""
    return next((kind.__name__ for kind in type(error).__mro__ if kind.__module__ == __name__), type(error).__name__)
