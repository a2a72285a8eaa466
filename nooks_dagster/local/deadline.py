"""Waiting for something that has no signal of its own: look again and again, until a deadline.

Belongs here: that one loop. Does not: retries of failed work (`nooks_dagster.ledger`).
"""

import time
from collections.abc import Iterator


def polls(seconds: float, every: float = 0.05) -> Iterator[float]:
    """Yield at once and then every `every` seconds until `seconds` have passed; ends without raising.

    Yields:
        The seconds passed so far.
    """
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        yield passed
        time.sleep(every)
