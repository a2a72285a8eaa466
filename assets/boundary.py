"""The boundary to Dagster: what breaks in a step fails it in sentences, and nothing else of it is kept (I9).

Belongs here: that translation. Does not: the sentences (`nooks_dagster.failures`), their length (`assets.bounded`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import dagster as dg

from assets.bounded import sentences
from nooks_dagster.ledger.verdicts import described


def failed(reasons: Sequence[str]) -> dg.Failure:
    """Return the failure of a step that tells why; the dispatcher is the only one that tries again."""
    return dg.Failure(sentences(reasons), allow_retries=False)


@contextmanager
def in_sentences() -> Iterator[None]:
    """Fail the step by what may be told of an exception: its message, or a cause, may quote a record or a call.

    Raises:
        dg.Failure: Something broke in the block.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001  all of them
        raise failed([described(error)]) from None
