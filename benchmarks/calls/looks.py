"""How it stands while calls come: what waits, what was delivered, sessions, memory and CPU by part.

Belongs here: looking, again and again. Does not: what follows from it (`benchmarks.calls.report`).
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

from benchmarks.accounting import resident_mb, server_mb
from benchmarks.calls.house import House

STANDS = """
    SELECT (SELECT count(*) FROM calls.calls), (SELECT count(*) FROM calls.calls WHERE state = 'accepted'),
        (SELECT count(*) FROM calls.deliveries WHERE state = 'waiting'),
        (SELECT count(*) FROM calls.deliveries WHERE state = 'delivered'),
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
        (SELECT count(*) FROM work.items),
        (SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()),
        pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint, pg_database_size(current_database())
"""


@dataclass(frozen=True, slots=True)
class Look:
    """How it stood at a moment.

    Attributes:
        owed: Activities that wait to be delivered.
        items: Rows of the ledger.
        commits: Transactions so far; a session tells of its own when it rests.
        wal: Bytes that Postgres logged so far.
        stored: Bytes of the database.
        mb: Memory by part.
        cpu: CPU-seconds so far by part.
    """

    seconds: float
    accepted: int
    backlog: int
    owed: int
    delivered: int
    sessions: int
    items: int
    commits: int
    wal: int
    stored: int
    mb: Mapping[str, float]
    cpu: Mapping[str, float]


def look(house: House, began: float) -> Look:
    """Return how it stands now."""
    (found,) = house.ask(STANDS)
    accepted, backlog, owed, delivered, sessions, items, commits, wal, stored = (int(str(number)) for number in found)
    return Look(
        round(time.monotonic() - began, 1),
        accepted,
        backlog,
        owed,
        delivered,
        sessions,
        items,
        commits,
        wal,
        stored,
        _memory(house),
        house.cpu(),
    )


def looks(house: House, began: float, every: float) -> Iterator[Look]:
    """Yield how it stands, so often, for as long as the caller likes."""
    while True:
        yield look(house, began)
        time.sleep(every)


def _memory(house: House) -> Mapping[str, float]:
    held = {name: server_mb(one.pid) if name == "postgres" else _family(one.pid) for name, one in house.parts.items()}
    held["live workers"] = sum(_family(one.pid) for one in house.staff.processes().values())
    return {name: round(mb, 1) for name, mb in held.items()}


def _family(pid: int) -> float:
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return sum(resident_mb(one.pid) for one in (root, *root.children(recursive=True)))
    return 0.0
