"""Holds: lanes of which nothing is claimed until somebody lets them go; what they hold stays as it is.

Belongs here: the rows, and which items they hold.
Does not: why a lane is held (`crm.lifecycle.pausing`), claiming (`ledger`).

A hold on a lane holds the lanes below it too: one on `acme-salesforce` holds `acme-salesforce/Account`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

NOT_HELD = """
    NOT EXISTS (SELECT FROM work.holds h WHERE h.scope = i.scope AND h.lane = split_part(i.lane, '/', 1))
"""
HOLD = """
    INSERT INTO work.holds (scope, lane, reason) VALUES (%s, %s, %s)
    ON CONFLICT (scope, lane) DO UPDATE SET reason = excluded.reason
"""
LET_GO = "DELETE FROM work.holds WHERE scope = %s AND lane = %s"
HELD = """
    SELECT i.id, h.reason FROM work.items i
    JOIN work.holds h ON h.scope = i.scope AND h.lane = split_part(i.lane, '/', 1) WHERE i.id = ANY(%s)
"""
LEASED = """
    SELECT EXISTS (
        SELECT FROM work.items
        WHERE scope = %(scope)s AND state = 'leased' AND lease_until > now()
          AND (lane = %(lane)s OR starts_with(lane, %(lane)s || '/')))
"""


def hold(conn: psycopg.Connection[Any], scope: str, lane: str, reason: str) -> None:
    """Hold a lane and those below it, in the caller's transaction; what is leased goes on until its worker looks."""
    conn.execute(HOLD, (scope, lane, reason))


def let_go(conn: psycopg.Connection[Any], scope: str, lane: str) -> None:
    """End the hold on a lane; without one nothing happens."""
    conn.execute(LET_GO, (scope, lane))


def held_items(conn: psycopg.Connection[Any], items: Sequence[int]) -> Mapping[int, str]:
    """Return why items are held, by their ids; those that are not are left out."""
    return dict(conn.execute(HELD, (list(items),))) if items else {}


def any_leased(conn: psycopg.Connection[Any], scope: str, lane: str) -> bool:
    """Say whether somebody still works on a lane, or on one below it."""
    ((found,),) = conn.execute(LEASED, {"scope": scope, "lane": lane}).fetchall()
    return bool(found)
