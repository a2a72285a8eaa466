"""How the research of workspaces stands: what could be read, and which sites could not.

Belongs here: reading our tables. Does not: showing it (`assets.research`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

MINE = "SELECT DISTINCT site FROM research.accounts WHERE workspace = %(workspace)s AND gone_at IS NULL"
STOCK = f"""
    SELECT count(*) AS sites, count(*) FILTER (WHERE s.looked_at IS NULL) AS waiting,
        count(*) FILTER (WHERE s.outcome <> 'ok') AS unread,
        (SELECT count(DISTINCT sha256) FROM research.pages p WHERE p.site IN ({MINE})) AS documents
    FROM ({MINE}) mine LEFT JOIN research.sites s USING (site) WHERE mine.site IS NOT NULL
"""  # noqa: S608 - a constant
PAGES = f"""
    SELECT kind, outcome, count(*) AS pages FROM research.pages WHERE site IN ({MINE})
    GROUP BY kind, outcome ORDER BY kind, outcome
"""  # noqa: S608 - a constant
WORST = f"""
    SELECT site, outcome, failures, looked_at, next_look_at FROM research.sites
    WHERE site IN ({MINE}) AND outcome <> 'ok' ORDER BY failures DESC, looked_at, site LIMIT %(most)s
"""  # noqa: S608 - a constant
# Of each workspace: how many of its sites that were looked at could not be read, and what the most of them came to.
UNREAD = """
    SELECT a.workspace, count(*) AS sites, count(*) FILTER (WHERE s.outcome <> 'ok') AS unread,
        coalesce(mode() WITHIN GROUP (ORDER BY s.outcome) FILTER (WHERE s.outcome <> 'ok'), '') AS mostly
    FROM (SELECT DISTINCT workspace, site FROM research.accounts WHERE gone_at IS NULL AND site IS NOT NULL) a
    JOIN research.sites s ON s.site = a.site AND s.looked_at IS NOT NULL
    GROUP BY a.workspace HAVING count(*) >= %(fewest)s
        AND count(*) FILTER (WHERE s.outcome <> 'ok') > %(share)s * count(*)
    ORDER BY count(*) FILTER (WHERE s.outcome <> 'ok')::float / count(*) DESC, a.workspace
"""


@dataclass(frozen=True, slots=True)
class Stock:
    """What is kept for a workspace: its sites, those never looked at, those not read by the last look, documents."""

    sites: int
    waiting: int
    unread: int
    documents: int


@dataclass(frozen=True, slots=True)
class PageCount:
    """How many pages of a kind had an outcome when they were last asked for."""

    kind: str
    outcome: str
    pages: int


@dataclass(frozen=True, slots=True)
class WorstSite:
    """A site that could not be read."""

    site: str
    outcome: str
    failures: int
    looked_at: datetime
    next_look_at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """A workspace of whose sites too many could not be read; `mostly` is the most frequent outcome."""

    workspace: str
    sites: int
    unread: int
    mostly: str


def stock(conn: psycopg.Connection[Any], workspace: str) -> Stock:
    """Return what is kept for a workspace."""
    with conn.cursor(row_factory=class_row(Stock)) as cursor:
        found = cursor.execute(STOCK.encode(), {"workspace": workspace}).fetchone()
    return found or Stock(0, 0, 0, 0)


def page_counts(conn: psycopg.Connection[Any], workspace: str) -> Sequence[PageCount]:
    """Return the outcomes of a workspace's pages by kind."""
    with conn.cursor(row_factory=class_row(PageCount)) as cursor:
        return cursor.execute(PAGES.encode(), {"workspace": workspace}).fetchall()


def worst_sites(conn: psycopg.Connection[Any], workspace: str, most: int) -> Sequence[WorstSite]:
    """Return the sites of a workspace that could not be read, those that failed most often first."""
    with conn.cursor(row_factory=class_row(WorstSite)) as cursor:
        return cursor.execute(WORST.encode(), {"workspace": workspace, "most": most}).fetchall()


def unread_shares(conn: psycopg.Connection[Any], share: float, fewest: int) -> Sequence[Unread]:
    """Return the workspaces of whose sites more than a share could not be read, if that many were looked at."""
    with conn.cursor(row_factory=class_row(Unread)) as cursor:
        return cursor.execute(UNREAD, {"share": share, "fewest": fewest}).fetchall()
