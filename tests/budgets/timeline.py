"""A Postgres whose clock a test moves, and a source that sees callers' requests arrive by it.

Belongs here: what happens when, in virtual seconds. Does not: what must come of it.
"""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

import psycopg

from nooks_dagster.budgets.places import Place, Places
from nooks_dagster.database.pool import Database

START = datetime.fromisoformat("2026-01-01T00:00:00Z")
CLOCK = """
    create schema moved;
    create table moved.clock (now timestamptz not null);
    insert into moved.clock values ('2026-01-01T00:00:00Z');
    create function moved.clock_timestamp() returns timestamptz volatile language sql
    as 'select now from moved.clock';
"""


def move_clock(database_url: str) -> None:
    """Let `clock_timestamp()` in a test's database be what the test says; for connections opened afterwards."""
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(CLOCK)
        name = conn.info.dbname
        conn.execute(f'alter database "{name}" set search_path = moved, pg_catalog, public'.encode())


class Timeline:
    """Callers that want a place at once and always, a source that notes arrivals, and time that passes for both."""

    def __init__(self, db: Database) -> None:
        self.now = 0.0
        self.arrivals: list[float] = []
        self._db = db
        self._order = count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, time: float, happen: Callable[[], None]) -> None:
        """Let something happen at a time."""
        heapq.heappush(self._due, (time, next(self._order), happen))

    def run(self, until: float) -> None:
        """Let time pass."""
        while self._due and self._due[0][0] <= until:
            self.now, _, happen = heapq.heappop(self._due)
            happen()

    def caller(self, places: Places, rate: tuple[int, timedelta], latency: Callable[[], tuple[float, float]]) -> None:
        """Call for ever: with each call, how long the request and its answer take; an endless answer is a death."""

        def ask() -> None:
            self.show()
            found = places.take("calls", *rate)
            if isinstance(found, timedelta):
                self.at(self.now + found.total_seconds(), ask)
            else:
                there, back = latency()
                self.at(self.now + there, lambda: self.arrivals.append(self.now))
                self.at(self.now + there + back, lambda: answered(found))

        def answered(place: Place) -> None:
            self.show()
            places.leave(place)
            ask()

        self.at(self.now, ask)

    def most_within(self, seconds: float) -> int:
        """The most arrivals in any span of so many seconds."""
        return most_within(self.arrivals, seconds)

    def show(self) -> None:
        """Set the clock of the database."""
        with self._db.transaction() as conn:
            conn.execute("update moved.clock set now = %s", [START + timedelta(seconds=self.now)])


def most_within(arrivals: list[float], seconds: float) -> int:
    """The most of some times in any span, whose end is open."""
    times = sorted(arrivals)
    return max((sum(first <= one < first + seconds for one in times) for first in times), default=0)
