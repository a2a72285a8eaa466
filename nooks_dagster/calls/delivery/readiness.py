"""Looking again at CRMs that lacked the field for calls, or were connected before anybody looked.

Belongs here: which, and how often: a field that an admin makes is noticed within the hour, without anybody's click.
Does not: the look itself (`crm.activities`), the first one (`crm.lifecycle.connecting`).
"""

import logging
from collections.abc import Sequence
from typing import Any

import psycopg

from nooks_dagster.calls.delivery.integrations import Doors
from nooks_dagster.crm.activities import Readiness
from nooks_dagster.crm.writers import remember
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Transient

log = logging.getLogger(__name__)

UNREADY = """
    select c.id, c.kind, c.workspace from workspaces.connections c left join crm.writing w on w.connection_id = c.id
    where c.state = 'active' and c.options -> 'calls' is distinct from 'false'
        and coalesce(not w.ready and w.looked_at < now() - interval '1 hour', true)
    order by w.looked_at nulls first
"""


def unready(conn: psycopg.Connection[Any]) -> Sequence[tuple[str, str, str]]:
    """Return the connections to look at, with kind and workspace, those first that nobody looked at yet."""
    return conn.execute(UNREADY).fetchall()


def look(db: Database, doors: Doors, connection: str) -> None:
    """Ask a CRM whether calls can be logged in it, and keep the answer."""
    try:
        found = doors.look(connection)
    except Transient as error:
        log.warning("%s was not asked whether calls can be logged: %s", connection, error)
        return
    except Failure as refused:
        found = Readiness(ready=False, advice=str(refused))
    with db.transaction() as conn:
        remember(conn, connection, found)
