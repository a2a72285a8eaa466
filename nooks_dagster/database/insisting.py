"""Writing what was paid for: it is tried again while Postgres restarts, for the bill comes all the same.

Belongs here: how often. Does not: what is written.
"""

import time
from collections.abc import Callable

from nooks_dagster.failures import Transient

INSISTS = (0.05, 0.5, 2.0, 5.0)
"""Seconds between tries: longer together than a restart of Postgres."""


def insist(write: Callable[[], None]) -> None:
    """Write, in a transaction of its own, until it is written.

    Raises:
        Transient: The last try met it too.
    """
    for pause in INSISTS:
        try:
            write()
        except Transient:
            time.sleep(pause)
        else:
            return
    write()
