"""The slots of live workers: which of them are to be filled, and for which hour.

Belongs here: reading it for whoever starts runs. Does not: planning them (`calls.closing.hours`), working
(`calls.live.worker`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.calls.work import WORKERS

_OPEN = """
    select i.scope, (i.payload ->> 'slot')::int as slot, (i.payload ->> 'hour')::timestamptz as hour
    from work.items i
    where i.queue = %s and i.parent is null and i.state in ('waiting', 'leased') and i.due_at <= now() order by i.due_at
"""


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for one live worker in one hour; a scope of its own, for its successor begins before it ends."""

    scope: str
    slot: int
    hour: datetime


def open_slots(conn: psycopg.Connection[Any]) -> Mapping[str, Slot]:
    """Return the slots that are due, by scope, whether or not somebody works there."""
    return {one.scope: one for one in conn.cursor(row_factory=class_row(Slot)).execute(_OPEN, (WORKERS.name,))}
