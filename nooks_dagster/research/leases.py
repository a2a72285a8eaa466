"""One look at a site at a time, over all runs: its lease, and the fence that proves it at commit.

Belongs here: taking a site, giving it back, and who dies of it. Does not: batches of sites (`research.draining`).

A lease outlives the longest look, so it is never renewed; one that ran out was a worker's that died. A site that was
in the hands of a worker that died is a suspect, looked at alone; after five deaths it is marked and left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.research.documents import Outcome

DEATHS = 5
SLACK = timedelta(seconds=30)  # from the end of a look to its commit: a restart of Postgres

DUE = "(s.looked_at IS NULL OR s.next_look_at <= now() OR s.looked_at < %(again)s::timestamptz)"
FREE = "(s.lease_until IS NULL OR s.lease_until < now())"

TAKE = f"""
    UPDATE research.sites s SET fence = s.fence + 1, holder = %(worker)s, lease_until = now() + %(lease)s,
        deaths = s.deaths + (s.lease_until IS NOT NULL)::int
    WHERE s.site = %(site)s AND {FREE} AND {DUE}
    RETURNING s.site, s.fence, s.failures, s.deaths, now() AS taken_at
"""  # noqa: S608 - constants
BUSY = f"SELECT EXISTS (SELECT FROM research.sites s WHERE s.site = %(site)s AND NOT {FREE} AND {DUE})"  # noqa: S608
SUSPECTS = """
    SELECT site FROM research.sites WHERE site = ANY(%s) AND (deaths > 0 OR lease_until < now())
"""
GIVE_BACK = "UPDATE research.sites SET holder = NULL, lease_until = NULL WHERE site = %s AND fence = %s"
MARK = """
    UPDATE research.sites SET outcome = %(outcome)s, looked_at = now(), next_look_at = now() + %(rest)s, deaths = 1,
        holder = NULL, lease_until = NULL
    WHERE site = %(site)s AND fence = %(fence)s
"""


@dataclass(frozen=True, slots=True)
class SiteLease:
    """The right to look at a site; `failures` are the looks in a row before it that reached nobody."""

    site: str
    fence: int
    failures: int
    deaths: int
    taken_at: datetime

    @property
    def is_poison(self) -> bool:
        """Say whether it has killed too many."""
        return self.deaths >= DEATHS


def take(
    conn: psycopg.Connection[Any], site: str, worker: str, lease: timedelta, again: datetime | None
) -> SiteLease | None:
    """Take a site that is due, or was last looked at before `again`; None if it is not, or is another's."""
    values = {"site": site, "worker": worker, "lease": lease, "again": again}
    with conn.cursor(row_factory=class_row(SiteLease)) as cursor:
        return cursor.execute(TAKE.encode(), values).fetchone()


def is_busy(conn: psycopg.Connection[Any], site: str, again: datetime | None) -> bool:
    """Say whether somebody else looks at a site that is due."""
    ((found,),) = conn.execute(BUSY.encode(), {"site": site, "again": again}).fetchall()
    return bool(found)


def suspects(conn: psycopg.Connection[Any], sites: Sequence[str]) -> set[str]:
    """Return those of the sites of which a worker may have died."""
    return {site for (site,) in conn.execute(SUSPECTS, (list(sites),))}


def give_back(conn: psycopg.Connection[Any], lease: SiteLease) -> None:
    """Give a site back as it was: nobody died of it, and nothing was found."""
    conn.execute(GIVE_BACK, (lease.site, lease.fence))


def mark_poison(conn: psycopg.Connection[Any], lease: SiteLease, rest: timedelta) -> None:
    """Leave a site alone for so long; then it is tried alone once more."""
    values = {"site": lease.site, "fence": lease.fence, "outcome": Outcome.POISON, "rest": rest}
    conn.execute(MARK, values)
