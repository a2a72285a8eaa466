"""Accounts that a sync brought are planned once; what did not change costs nothing."""

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.research.accounts import refresh_accounts
from tests.research.things import connect, delete_account, put_accounts
from tests.sensors.conftest import Tick

NAME = "changed_accounts_sensor"


@pytest.fixture
def connection(db: Database) -> str:
    """A workspace that is connected, without an account yet."""
    return connect(db, "acme")


def plans(db: Database) -> list[tuple[str, int, str]]:
    with db.transaction() as conn:
        query = "select scope, class, state from work.items where queue = 'signals.plans' order by id"
        return conn.execute(query).fetchall()


def done(db: Database) -> None:
    """Let a run take over the accounts, and end the plans; what it read lies a while back."""
    with db.transaction() as conn:
        refresh_accounts(conn, "acme")
        conn.execute("update work.items set state = 'done', finished_at = now()")
        conn.execute("update crm.accounts set synced_at = synced_at - interval '1 hour'")


@pytest.mark.usefixtures("connection")
def test_a_workspace_without_accounts_is_left_alone(tick: Tick, db: Database) -> None:
    assert tick(NAME).skip_message == "No account changed."
    assert plans(db) == []


def test_accounts_that_a_sync_brought_are_planned_once(tick: Tick, db: Database, connection: str) -> None:
    done(db)
    put_accounts(db, connection, {"1": "one.com", "2": "two.com"})
    assert [tick(NAME).skip_message for _ in range(3)] == ["Planned 1 workspaces.", *["No account changed."] * 2]
    assert plans(db) == [("signals/acme", WorkClass.INCREMENTAL, "waiting")]


def test_a_first_book_and_one_of_which_much_has_changed_let_pass_what_is_new_in_others(
    tick: Tick, db: Database, connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nooks_dagster.signals.plans.MUCH", 2)
    for accounts in (1, 2, 3):
        put_accounts(db, connection, {str(number): f"after-{accounts}.com" for number in range(accounts)})
        tick(NAME)
        done(db)
    history, news = WorkClass.HISTORY, WorkClass.INCREMENTAL
    assert [work_class for _, work_class, _ in plans(db)] == [history, news, history]


def test_once_they_are_taken_over_nothing_is_planned_until_a_sync_brings_more(
    tick: Tick, db: Database, connection: str
) -> None:
    put_accounts(db, connection, {"1": "one.com"})
    tick(NAME)
    done(db)
    assert tick(NAME).skip_message == "No account changed."
    put_accounts(db, connection, {"1": "one.org"})
    assert tick(NAME).skip_message == "Planned 1 workspaces."
    done(db)
    delete_account(db, connection, "1")
    assert tick(NAME).skip_message == "Planned 1 workspaces."
    assert len(plans(db)) == 3


def test_a_sync_that_goes_on_while_a_plan_waits_is_planned_with_it(tick: Tick, db: Database, connection: str) -> None:
    put_accounts(db, connection, {"1": "one.com"})
    tick(NAME)
    for number in range(2, 5):
        put_accounts(db, connection, {str(number): "more.com"})
        tick(NAME)
    assert [state for _, _, state in plans(db)] == ["waiting"]


def test_only_workspaces_whose_accounts_changed_are_planned(tick: Tick, db: Database, connection: str) -> None:
    globex = connect(db, "globex")
    put_accounts(db, connection, {"1": "one.com"})
    put_accounts(db, globex, {"1": "one.com"})
    tick(NAME)
    with db.transaction() as conn:
        refresh_accounts(conn, "globex")
    done(db)
    put_accounts(db, globex, {"2": "two.com"})
    tick(NAME)
    assert [scope for scope, _, state in plans(db) if state == "waiting"] == ["signals/globex"]
