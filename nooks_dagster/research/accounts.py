"""Which site an account of a workspace has, kept up to date from its CRMs.

Belongs here: table `research.accounts`. Does not: what makes a site of a CRM field (`research.sites`).

A sync's rows carry the time of their statement, and become visible when its transaction commits, minutes later. So
what is read next begins where the oldest transaction that was running then began: reading rows twice is harmless.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from nooks_dagster.research.sites import site_of

AT_ONCE = 2_000
CONNECTIONS = """
    SELECT c.id, m.read_until FROM workspaces.connections c
    LEFT JOIN research.marks m ON m.workspace = c.workspace AND m.connection_id = c.id
    WHERE c.workspace = %s AND c.state <> 'removed' ORDER BY c.id
"""
# Transactions of ours alone write rows of CRMs, so all of them are to be seen by us; a minute for one that has begun
# and does not show yet.
SAFE = """
    SELECT least(now(), min(xact_start)) - interval '1 minute' FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL
"""
NEWS = """
    SELECT id, name, website, domain, deleted_reason IS NOT NULL FROM crm.accounts
    WHERE connection_id = %(connection)s AND (%(since)s::timestamptz IS NULL OR synced_at >= %(since)s)
"""
PUT = """
    INSERT INTO research.accounts AS a (workspace, connection_id, account_id, name, site)
    SELECT %(workspace)s, %(connection)s, * FROM unnest(%(ids)s::text[], %(names)s::text[], %(sites)s::text[])
    ON CONFLICT (workspace, connection_id, account_id) DO UPDATE
    SET name = excluded.name, site = excluded.site, gone_at = NULL, changed_at = now(),
        planned_at = CASE WHEN a.site IS NOT DISTINCT FROM excluded.site THEN a.planned_at END
    WHERE (a.name, a.site, a.gone_at) IS DISTINCT FROM (excluded.name, excluded.site, NULL::timestamptz)
"""
GONE = """
    UPDATE research.accounts SET gone_at = now()
    WHERE workspace = %s AND connection_id = %s AND account_id = ANY(%s) AND gone_at IS NULL
"""
REMOVED = """
    UPDATE research.accounts SET gone_at = now()
    WHERE workspace = %s AND NOT connection_id = ANY(%s) AND gone_at IS NULL
"""
FORGET = (
    "DELETE FROM research.accounts WHERE workspace = %s",
    "DELETE FROM research.marks WHERE workspace = %s",
)
MARK = """
    INSERT INTO research.marks (workspace, connection_id, read_until) VALUES (%s, %s, %s)
    ON CONFLICT (workspace, connection_id) DO UPDATE SET read_until = greatest(marks.read_until, excluded.read_until)
"""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh found: accounts that are new or have another site or name, and those that are gone."""

    changed: int
    gone: int


def refresh_accounts(conn: psycopg.Connection[Any], workspace: str) -> Refreshed:
    """Take over what syncs have changed about accounts since the last time, in the caller's transaction.

    Rows of `research.accounts` whose site or name changed get `changed_at = now()`; those whose record is deleted,
    or whose connection is removed, get `gone_at`. Memory does not grow with the number of accounts.
    """
    conn.execute("SELECT pg_advisory_xact_lock(hashtext('research.accounts'), hashtext(%s))", (workspace,))
    connections = conn.execute(CONNECTIONS, (workspace,)).fetchall()
    gone = conn.execute(REMOVED, (workspace, [connection for connection, _ in connections])).rowcount
    changed = 0
    for connection, since in connections:
        until = _safe(conn)
        for rows in _news(conn, connection, since):
            here = [row for row in rows if not row[4]]
            changed += _put(conn, workspace, connection, here)
            gone += conn.execute(GONE, (workspace, connection, [row[0] for row in rows if row[4]])).rowcount
        conn.execute(MARK, (workspace, connection, until))
    return Refreshed(changed, gone)


def forget_accounts(conn: psycopg.Connection[Any], workspace: str) -> int:
    """Delete what is known of the accounts of a workspace that is removed; return how many rows. Sites are all's."""
    return sum(conn.execute(statement, (workspace,)).rowcount for statement in FORGET)


def _safe(conn: psycopg.Connection[Any]) -> datetime:
    ((moment,),) = conn.execute(SAFE).fetchall()
    safe: datetime = moment
    return safe


def _news(conn: psycopg.Connection[Any], connection: str, since: datetime | None) -> Iterator[list[tuple[Any, ...]]]:
    with conn.cursor(name="account_news") as cursor:
        cursor.execute(NEWS, {"connection": connection, "since": since})
        while rows := cursor.fetchmany(AT_ONCE):
            yield rows


def _put(conn: psycopg.Connection[Any], workspace: str, connection: str, rows: Sequence[tuple[Any, ...]]) -> int:
    found = {identity: (name, site_of(website) or site_of(domain)) for identity, name, website, domain, _ in rows}
    values = {
        "workspace": workspace,
        "connection": connection,
        "ids": list(found),
        "names": [name for name, _ in found.values()],
        "sites": [site for _, site in found.values()],
    }
    return conn.execute(PUT, values).rowcount if found else 0
