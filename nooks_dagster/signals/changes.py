"""The change feed: what became of accounts, in the order in which it was committed.

Belongs here: reading on from a cursor. Does not: writing (`signals.publishing`, `signals.standing`).

Who remembers the last `change` that it has read misses nothing and reads nothing twice; `LISTEN signals` tells when to
look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from nooks_dagster.signals.reports import Status


@dataclass(frozen=True, slots=True)
class Change:
    """How a signal of an account stands since a change.

    Attributes:
        change: The cursor.
        status: Of the answer that stands; `latest_status` and `latest_reason` tell how the last look ended.
        value: Its findings.
        gone_at: When the account left the CRM, None while it is there.
    """

    change: int
    workspace: str
    connection_id: str
    account_id: str
    signal: str
    site: str
    status: Status
    value: Sequence[Mapping[str, Any]]
    reason: str
    observed_at: datetime
    expires_at: datetime | None
    latest_status: Status
    latest_reason: str
    gone_at: datetime | None
    changed_at: datetime


def changes(conn: psycopg.Connection[Any], workspace: str, after: int = 0, limit: int = 1_000) -> Sequence[Change]:
    """Return the next changes of a workspace, oldest first; an account that changed twice is there once, as it is now.

    Args:
        conn: A transaction.
        workspace: Whose accounts.
        after: The last change that is known.
        limit: The most to return.
    """
    with conn.cursor(row_factory=class_row(Change)) as cursor:
        return cursor.execute(_AFTER, {"workspace": workspace, "after": after, "limit": limit}).fetchall()


_AFTER = """
    select c.change, c.workspace, c.connection_id, c.account_id, c.signal, c.subject as site, x.status, x.value,
        x.reason, x.observed_at, nullif(x.expires_at, 'infinity') as expires_at, y.status as latest_status,
        y.reason as latest_reason, c.gone_at, c.changed_at
    from signals.current c join signals.answers x on x.id = c.answer join signals.answers y on y.id = c.latest
    where c.workspace = %(workspace)s and c.change > %(after)s order by c.change limit %(limit)s
"""
