"""Which account has which site, as syncs change them."""

from __future__ import annotations

import threading
from typing import Any

from nooks_dagster.database.pool import Database
from nooks_dagster.research.accounts import Refreshed, refresh_accounts
from nooks_dagster.workspaces.registry import Registry
from tests.research.things import connect, delete_account, put_accounts


def refresh(db: Database, workspace: str = "acme") -> Refreshed:
    with db.transaction() as conn:
        return refresh_accounts(conn, workspace)


def sites(db: Database, workspace: str = "acme") -> dict[str, Any]:
    """Return account to site, None without one; of gone accounts nothing."""
    query = "SELECT account_id, site FROM research.accounts WHERE workspace = %s AND gone_at IS NULL"
    with db.transaction() as conn:
        return dict(conn.execute(query, (workspace,)).fetchall())


def test_each_account_has_the_public_host_of_its_website(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "https://www.globex.com/", "2": "n/a", "3": None, "4": "http://10.0.0.1"})
    assert refresh(db) == Refreshed(4, 0)
    assert sites(db) == {"1": "globex.com", "2": None, "3": None, "4": None}


def test_the_domain_counts_where_the_website_names_none(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "see below"})
    with db.transaction() as conn:
        conn.execute("UPDATE crm.accounts SET domain = 'Globex.COM', synced_at = now()")
    refresh(db)
    assert sites(db) == {"1": "globex.com"}


def test_both_crms_of_a_workspace_count_and_no_other_workspace(db: Database) -> None:
    first, second, other = connect(db, "acme"), connect(db, "acme", "hubspot"), connect(db, "globex")
    put_accounts(db, first, {"1": "one.com"})
    put_accounts(db, second, {"1": "two.com"})
    put_accounts(db, other, {"9": "nine.com"})
    refresh(db)
    with db.transaction() as conn:
        found = set(conn.execute("SELECT workspace, connection_id, site FROM research.accounts"))
    assert found == {("acme", first, "one.com"), ("acme", second, "two.com")}


def test_what_did_not_change_is_as_it_was(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "one.com", "2": "two.com"})
    refresh(db)
    assert refresh(db) == Refreshed(0, 0)
    put_accounts(db, connection, {"1": "one.com", "2": "https://two.org/home"})
    assert refresh(db) == Refreshed(1, 0)
    assert sites(db) == {"1": "one.com", "2": "two.org"}


def test_a_deleted_account_is_gone_until_it_comes_back(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "one.com"})
    refresh(db)
    delete_account(db, connection, "1")
    assert refresh(db) == Refreshed(0, 1)
    assert sites(db) == {}
    put_accounts(db, connection, {"1": "one.com"})
    assert refresh(db) == Refreshed(1, 0)
    assert sites(db) == {"1": "one.com"}


def test_the_accounts_of_a_connection_that_was_removed_are_gone(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "one.com"})
    refresh(db)
    Registry(db).mark(connection, "removed", "by a test")
    assert refresh(db) == Refreshed(0, 1)


def test_a_row_that_was_written_before_a_refresh_and_committed_after_it_is_not_missed(db: Database) -> None:
    connection = connect(db, "acme")
    put_accounts(db, connection, {"1": "one.com"})
    written, refreshed = threading.Event(), threading.Event()

    def slow_sync() -> None:
        with db.transaction() as conn:
            conn.execute(
                "UPDATE crm.accounts SET website = 'late.com', synced_at = now() - interval '1 hour' WHERE id = '1'"
            )
            written.set()
            refreshed.wait(60)

    # The transaction began an hour ago: said by the row, and by the oldest transaction that Postgres shows.
    thread = threading.Thread(target=slow_sync)
    thread.start()
    written.wait(60)
    with db.transaction() as conn:
        refresh_accounts(conn, "acme")
        mark, oldest = conn.execute(
            "SELECT read_until, (SELECT min(xact_start) FROM pg_stat_activity) FROM research.marks"
        ).fetchone() or (None, None)
    refreshed.set()
    thread.join()
    assert mark is not None
    assert oldest is not None
    assert mark < oldest, "what is read next begins before anything that was not committed yet"
