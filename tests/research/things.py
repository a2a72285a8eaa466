"""A workspace with accounts, and the platform that looks at their sites in the town.

Belongs here: putting rows of a CRM in place without a CRM. Does not: any test.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nooks_dagster.crm.rows.tables import ensure_partitions
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.research.planning import Wish
from nooks_dagster.research.runs import Platform, ResearchRun, WorkspaceResearch
from nooks_dagster.research.shelf import Kept
from nooks_dagster.research.web.crawl import WebResearcher
from nooks_dagster.research.web.limits import Limits
from nooks_dagster.settings import Settings
from nooks_dagster.workspaces.registry import Registry
from tests.research.town import Town

PUT = """
    INSERT INTO crm.accounts (connection_id, source_object, id, name, website, source_stamp, observed_at, present_at)
    VALUES (%s, 'Account', %s, %s, %s, now(), now(), now())
    ON CONFLICT (connection_id, source_object, id)
    DO UPDATE SET name = excluded.name, website = excluded.website, deleted_reason = NULL, synced_at = now()
"""
DELETE = "UPDATE crm.accounts SET deleted_reason = 'deleted', synced_at = now() WHERE connection_id = %s AND id = %s"


def connect(db: Database, workspace: str, kind: str = "salesforce") -> str:
    """Connect a workspace to a CRM that nobody asks; return the connection's id."""
    added = Registry(db).add_connection(workspace, kind, config={}, secret_ref="env:NONE", sandbox=True)
    ensure_partitions(db, added.id)
    return added.id


def put_accounts(db: Database, connection: str, websites: Mapping[str, str | None]) -> None:
    """Sync accounts: id to web site; each is named after its id."""
    with db.transaction() as conn, conn.cursor() as cursor:
        cursor.executemany(PUT, [(connection, key, f"Company {key}", site) for key, site in websites.items()])


def delete_account(db: Database, connection: str, account: str) -> None:
    """Sync the deletion of an account."""
    with db.transaction() as conn:
        conn.execute(DELETE, (connection, account))


def let_leases_end(db: Database) -> None:
    """Let so much time pass that whoever died holds nothing any more."""
    with db.transaction() as conn:
        conn.execute("UPDATE research.sites SET lease_until = now() - interval '1 s' WHERE lease_until IS NOT NULL")
        conn.execute("UPDATE work.items SET lease_until = now() - interval '1 s' WHERE state = 'leased'")
        conn.execute("UPDATE work.items SET due_at = now() WHERE state = 'waiting'")


def platform(db: Database, url: str, lake: Lake, home: Path, town: Town, **settings: object) -> Platform:
    """Return a platform with short leases whose world is the town."""
    chosen = {"lease_seconds": 2, "research_workers": 4, "research_site_seconds": 10, **settings}
    made = Settings.model_validate({"postgres_url": url, "home": home, **chosen})
    limits = Limits(site_seconds=60, page_seconds=60, read_seconds=60)
    return Platform(db, lake, made, WebResearcher(town.network(), limits))


def research(on: Platform, workspace: str = "acme", run_id: str = "run-1", wish: Wish | None = None) -> list[Kept]:
    """Look at what is due, as a click does; return what each look came to."""
    run = WorkspaceResearch(on, ResearchRun(workspace, run_id, wish=wish or Wish()))
    looks = [kept for kept in run.beats() if kept]
    assert run.problems == []
    return looks
