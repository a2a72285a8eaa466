"""What other runs of a workspace are about to bring to its end, so that a click need not fail for it.

Belongs here: the questions. Does not: waiting for the answer (`crm.sync.runs`), claiming (`crm.sync.claiming`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg

from nooks_dagster.ledger.holds import NOT_HELD
from nooks_dagster.ledger.items import Queue
from nooks_dagster.ledger.statements import HEAD, THERE

# Between two claims nobody has the work: a discovery has just planned its windows, a window was given back to be
# planned anew, a row was locked when we claimed. What is due is taken at the next drain, by whomever. What failed
# and falls due soon is tried again by the run that it failed in, if that lives.
UNDER_WAY = f"""
    SELECT EXISTS (
        SELECT FROM work.items i
        WHERE i.queue = ANY(%(queues)s) AND i.parent IS NULL AND i.scope = %(scope)s
          AND (i.queue = 'crm.discoveries'
            OR %(objects)s::text[] IS NULL OR i.payload ->> 'canonical' = ANY(%(objects)s))
          AND (i.state = 'leased' OR (
            i.state IN ('waiting', 'blocked') AND {THERE} AND {HEAD} AND {NOT_HELD}
            AND i.due_at <= now() + CASE WHEN EXISTS (
                SELECT FROM work.launches l
                WHERE l.scope = i.scope AND l.n <> %(n)s AND l.ended_at IS NULL AND l.heartbeat_at > now() - %(silence)s
            ) THEN %(soon)s ELSE interval '0' END)))
"""  # noqa: S608 - constants
NOT_DONE = "SELECT id FROM work.items WHERE id = ANY(%s) AND state <> 'done'"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The other runs that a run may meet.

    Args:
        scope: The work that they share.
        n: The launch of this run, which is none of them.
        queues: What this run drains.
        objects: The canonical names that it is about, empty for all.
        soon: How long a run waits for what it tries again.
        silence: A run without a heartbeat for so long does not live.
    """

    scope: str
    n: int
    queues: Sequence[Queue]
    objects: Sequence[str]
    soon: timedelta
    silence: timedelta

    def under_way(self, conn: psycopg.Connection[Any]) -> bool:
        """Say whether work is in somebody's hands or will be in a moment; blocked, parked and paused work is not."""
        values = {
            "scope": self.scope,
            "n": self.n,
            "queues": [queue.name for queue in self.queues],
            "objects": list(self.objects) or None,
            "soon": self.soon,
            "silence": self.silence,
        }
        ((found,),) = conn.execute(UNDER_WAY.encode(), values).fetchall()
        return bool(found)


def not_done(conn: psycopg.Connection[Any], items: Collection[int]) -> Collection[int]:
    """Return those of some items that nobody has done, not even another run."""
    return {id_ for (id_,) in conn.execute(NOT_DONE, (list(items),))} if items else ()
