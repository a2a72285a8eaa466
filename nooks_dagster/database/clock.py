"""The clock that all processes share: the database's, never a machine's own.

Belongs here: asking it. Does not: a source's clock (`crm.access.server_clock`).
"""

from datetime import datetime
from typing import Any

import psycopg


def now(conn: psycopg.Connection[Any]) -> datetime:
    """Return when the transaction of a connection began."""
    ((moment,),) = conn.execute("select now()").fetchall()
    told: datetime = moment
    return told
