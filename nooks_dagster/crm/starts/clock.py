"""The clock: which starts of a rhythm fell due for a connection, each of them once, whatever becomes of the ticks.

Belongs here: moments, and remembering up to which they are planned. Does not: what starts (`crm.starts.incremental`),
nor Dagster, which only says when to look: it runs one of the ticks that a downtime missed, and loses one whose
function raised.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self, overload

import psycopg

CATCH_UP = timedelta(days=365)  # what fell due before is nobody's any more
ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

BEGIN = """
    INSERT INTO crm.rhythms (connection_id, rhythm, planned_until)
    SELECT id, %(rhythm)s, now() FROM unnest(%(connections)s::text[]) AS id ORDER BY id
    ON CONFLICT (connection_id, rhythm) DO NOTHING
"""
PLANNED = """
    SELECT connection_id, planned_until, now() FROM crm.rhythms
    WHERE rhythm = %(rhythm)s AND connection_id = ANY(%(connections)s) ORDER BY connection_id FOR UPDATE
"""
REMEMBER = """
    UPDATE crm.rhythms SET planned_until = greatest(planned_until, now() + %(ahead)s)
    WHERE rhythm = %(rhythm)s AND connection_id = ANY(%(connections)s)
"""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often something starts for a connection; `usable_since` is when it was last let start again, if ever.

    The starts are shifted by a hash of the connection, so that 200 workspaces do not start in the same second.
    """

    connection: str
    every: timedelta
    usable_since: datetime | None = None

    def starts(self, name: str, planned_until: datetime, now: datetime, until: datetime) -> "Starts":
        """Return the starts after what is planned, up to a moment: of a year at most, of a pause the last one.

        Args:
            name: The rhythm's.
            planned_until: Up to here they are planned.
            now: By the database's clock.
            until: The last moment that a start may have.
        """
        resumed = self.usable_since - self.every if self.usable_since else planned_until  # leaves one start before it
        after = max(planned_until, now - CATCH_UP, resumed)
        return Starts.between(self._phase(name), self.every, after, until)

    def _phase(self, name: str) -> datetime:
        digest = hashlib.sha256(f"{self.connection}/{name}".encode()).digest()
        return ORIGIN + int.from_bytes(digest[:8]) % max(1, self.every // SECOND) * SECOND


@dataclass(frozen=True, slots=True)
class Starts(Sequence[datetime]):
    """Moments at equal distances, in order; a year of minutes takes no more room than one."""

    origin: datetime
    every: timedelta
    numbers: range

    @classmethod
    def between(cls, origin: datetime, every: timedelta, after: datetime, until: datetime) -> Self:
        """Return those after one moment, up to and with another."""
        return cls(origin, every, range((after - origin) // every + 1, (until - origin) // every + 1))

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> datetime: ...
    @overload
    def __getitem__(self, place: slice) -> "Starts": ...
    def __getitem__(self, place: int | slice) -> "datetime | Starts":
        if isinstance(place, slice):
            return replace(self, numbers=self.numbers[place])
        return self.origin + self.numbers[place] * self.every


def starts(
    conn: psycopg.Connection[Any], name: str, rhythms: Collection[Rhythm], ahead: timedelta
) -> Mapping[str, Starts]:
    """Return the starts of a rhythm that nobody planned yet, by connection, and take note that they are planned.

    The caller plans them in the same transaction. A connection that is new begins with the next one; one that is
    left out, because it may not be used, keeps its place.

    Args:
        conn: Three statements, whatever the number of connections. Who comes at the same time waits, and finds none.
        name: The rhythm's.
        rhythms: Of each connection that it is for, once.
        ahead: How far from now, by the database's clock; what falls due behind it is the next tick's.
    """
    values = {"rhythm": name, "connections": [one.connection for one in rhythms], "ahead": ahead}
    conn.execute(BEGIN, values)
    planned = {connection: known for connection, *known in conn.execute(PLANNED, values)}
    conn.execute(REMEMBER, values)
    return {
        one.connection: one.starts(name, until, now, now + ahead)
        for one in rhythms
        for until, now in [planned[one.connection]]
    }
