"""What applications and people read: the table of each signal, the feed of changes, the status; and what is removed."""

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest
from pydantic import BaseModel

from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.local import deadline
from nooks_dagster.signals.changes import changes
from nooks_dagster.signals.lists import FOLDER, forget_lists
from nooks_dagster.signals.questions import Question
from nooks_dagster.signals.removing import forget_workspace, give_up_removed
from nooks_dagster.signals.reports import Status
from nooks_dagster.signals.retention import forget
from nooks_dagster.signals.standing import follow
from nooks_dagster.signals.status import SignalStatus, reasons, statuses
from nooks_dagster.signals.views import columns_of, ensure_view
from nooks_dagster.signals.work import Platform
from resources.table_handle import TableHandle
from tests.signals.conftest import Clicks
from tests.signals.things import NOT_FOUND, SHARED, TECH, Seller, add_accounts, capped, found, sites
from tests.sql import execute, rows

OTHER = replace(TECH, name="other_stack")


def status_of(db: Database, workspace: str = "acme") -> SignalStatus:
    with db.transaction() as conn:
        (status,) = statuses(conn, ["tech_stack"], [workspace])
    return status


def test_the_table_of_a_signal_has_a_row_for_each_finding_with_typed_columns(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])

    def script(site: str, _: int) -> dict[str, Any]:
        if site == "b.example":
            return NOT_FOUND
        first = found(site)["findings"][0]
        more = {"product": "Warehouse", "users": 7, "tags": ["x", "y"], "event_date": "2026-05-01"}
        return {"status": "found", "findings": [{**first, **more}]}

    seller.script = script
    click()
    with db.transaction() as conn:
        assert ensure_view(conn, TECH)
        assert not ensure_view(conn, TECH)
    assert rows(
        db,
        "select account_id, site, vendor, product, users, tags, event_date, quote, url from signals.tech_stack",
    ) == [
        (
            "000001",
            "a.example",
            "Snowflake",
            "Warehouse",
            7,
            ["x", "y"],
            date(2026, 5, 1),
            "Our team at a.example runs on Snowflake every day.",
            "https://a.example/home",
        )
    ]
    handle = TableHandle(db, "signals", "tech_stack")
    assert handle.schema.names == [column.name for column in columns_of(TECH)]
    assert handle.to_arrow().num_rows == 1


class Renamed(BaseModel):
    vendor: str
    users: str


def test_a_table_follows_its_declaration_and_reads_older_answers_as_far_as_it_can(click: Clicks, db: Database) -> None:
    add_accounts(db, "acme", ["a.example"])
    click()
    with db.transaction() as conn:
        ensure_view(conn, TECH)
        assert ensure_view(conn, replace(TECH, finding=Renamed))
    assert rows(db, "select vendor, users from signals.tech_stack") == [("Snowflake", None)]


def test_a_view_that_rests_on_old_columns_is_told_of_and_stays(db: Database) -> None:
    with db.transaction() as conn:
        ensure_view(conn, TECH)
        conn.execute("create view mine as select product from signals.tech_stack")
    with db.transaction() as conn, pytest.raises(Permanent, match="another view rests on them"), conn.transaction():
        ensure_view(conn, replace(TECH, finding=Renamed))
    assert rows(db, "select count(*) from mine") == [(0,)]


def test_the_feed_tells_every_change_once_in_order_also_that_an_account_is_gone(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    click()
    with db.transaction() as conn:
        seen = changes(conn, "acme")
        assert [change.change for change in seen] == sorted(change.change for change in seen)
        assert {change.site: change.status for change in seen} == {"a.example": "found", "b.example": "found"}
        assert changes(conn, "acme", after=seen[-1].change) == []
    execute(db, "update research.accounts set gone_at = now() where site = 'b.example'")
    seller.script = lambda *_: (_ for _ in ()).throw(Permanent("no"))
    click(accounts=("a.example",), again=True)
    with db.transaction() as conn:
        news = changes(conn, "acme", after=seen[-1].change)
    assert {change.site: (change.status, change.latest_status, change.gone_at is None) for change in news} == {
        "b.example": (Status.FOUND, Status.FOUND, False),
        "a.example": (Status.FOUND, Status.ERROR, True),
    }


def test_a_reader_that_follows_the_feed_while_many_write_misses_nothing(
    click: Clicks, db: Database, platform: Platform, seller: Seller
) -> None:
    for workspace in ("acme", "globex"):
        add_accounts(db, workspace, sites(60))
    writers = [threading.Thread(target=lambda w=w: click(workspace=w)) for w in ("acme", "globex")]
    for writer in writers:
        writer.start()
    cursor, met = 0, []
    for _ in deadline.polls(90):
        done = not any(writer.is_alive() for writer in writers)
        with db.transaction() as conn:
            for change in changes(conn, "acme", after=cursor, limit=7):
                met.append(change.account_id)
                cursor = change.change
        if done and len(met) >= 60:
            break
    assert sorted(met) == [f"{n:06d}" for n in range(1, 61)]


def test_who_listens_is_told_when_an_answer_is_committed(click: Clicks, db: Database, database_url: str) -> None:
    add_accounts(db, "acme", ["a.example"])
    with psycopg.connect(database_url, autocommit=True) as ear:
        ear.execute("listen signals")
        click()
        assert next(ear.notifies(timeout=60, stop_after=1)).channel == "signals"


def test_an_account_that_moves_to_another_site_loses_the_answer_of_the_old_one(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example", "b.example"])
    click()
    execute(db, "update research.accounts set site = 'b.example' where site = 'a.example'")
    click()
    assert rows(db, "select subject, count(*) from signals.current group by 1") == [("b.example", 2)]
    assert len(seller.asks) == 2


def test_an_account_whose_new_site_has_no_answer_yet_shows_none_until_it_has(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["wrong.example"])
    click()
    execute(db, "update research.accounts set site = 'right.example'")
    execute(db, "update research.sites set site = 'right.example'")
    seller.script = capped
    click()
    assert rows(db, "select gone_at is not null from signals.current") == [(True,)]
    seller.script = lambda site, _: found(site)
    click()
    assert rows(db, "select subject, gone_at from signals.current") == [("right.example", None)]


def test_following_many_accounts_goes_some_at_a_time(db: Database, click: Clicks) -> None:
    add_accounts(db, "acme", [None] * 2_500)
    steps = list(follow(db, Question.of(TECH, "acme", "m", {})))
    assert steps == [1000, 1000, 500, 0, 0]
    assert list(follow(db, Question.of(TECH, "acme", "m", {}))) == [0, 0, 0, 0, 0]


def test_the_status_counts_accounts_answers_and_what_waits(click: Clicks, db: Database, seller: Seller) -> None:
    add_accounts(db, "acme", ["a.example", "b.example", "c.example", None])

    def script(site: str, _: int) -> dict[str, Any]:
        if site == "b.example":
            raise Permanent("The request is too long.")
        return NOT_FOUND if site == "c.example" else found(site)

    seller.script = script
    click()
    status = status_of(db)
    assert (status.accounts, status.found, status.not_found, status.insufficient_evidence) == (4, 1, 1, 1)
    assert (status.error, status.failing, status.unasked, status.open, status.failed_share) == (1, 1, 0, 0, 0.25)
    assert (str(status.usd_today), status.bought_today, status.overdue, status.version) == ("0.002", 2, None, "spread")
    with db.transaction() as conn:
        assert [(one.status, one.reason, one.accounts) for one in reasons(conn, "acme")] == [
            ("error", "The request is too long.", 1),
            ("insufficient_evidence", "Its CRM record names no public web site, so there is nothing to read.", 1),
        ]
    add_accounts(db, "acme", ["d.example"])
    execute(db, "update signals.asked set due_at = now() - interval '2 hours' where subject = 'a.example'")
    status = status_of(db)
    assert status.unasked == 1
    assert status.overdue is not None
    assert 7100 < status.overdue.total_seconds() < 7400


def test_the_status_tells_what_waits_for_a_cap(click: Clicks, db: Database) -> None:
    add_accounts(db, "acme", sites(3))
    click()
    execute(db, "update signals.asked set open = true, batch = (select key from work.items limit 1)")
    execute(db, "update work.items set state = 'waiting', failure = 'Deferred'")
    assert (status_of(db).open, status_of(db).deferred) == (3, 3)


def test_the_work_of_a_signal_that_is_no_more_is_given_up_and_due_again_when_it_comes_back(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", sites(3))
    seller.script = capped
    click(OTHER)
    click()
    with db.transaction() as conn:
        assert give_up_removed(conn, "signals/acme", ["tech_stack"]) == 1
        (status,) = statuses(conn, ["other_stack"])
    assert status.open == 0
    assert rows(db, "select lane, state from work.items order by id") == [
        ("signals/acme/other_stack", "done"),
        ("signals/acme/tech_stack", "waiting"),
    ]
    seller.script = lambda site, _: found(site)
    (report,) = click(OTHER)
    assert report.counts.statuses == {Status.FOUND: 3}


def test_an_answer_that_no_account_shows_any_more_is_not_overdue(click: Clicks, db: Database) -> None:
    add_accounts(db, "acme", sites(3))
    click()
    execute(db, "update signals.asked set due_at = now() - interval '5 days' where subject <> %s", sites(1)[0])
    execute(db, "update research.accounts set gone_at = now() where account_id = '000002'")
    execute(db, "update research.accounts set site = 'other.example' where account_id = '000003'")
    with db.transaction() as conn:
        (status,) = statuses(conn, ["tech_stack"])
    assert status.overdue is None


def test_removing_a_workspace_takes_its_rows_and_leaves_what_all_share(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example"])
    add_accounts(db, "globex", ["a.example"])
    click(TECH, SHARED)
    click(TECH, SHARED, workspace="globex")
    with db.transaction() as conn:
        assert forget_workspace(conn, "acme") > 0
        assert forget_workspace(conn, "acme") == 0
    for table in ("current", "asked", "own", "duplicates"):
        assert rows(db, f"select count(*) from signals.{table} where workspace = 'acme'") == [(0,)]
    assert rows(db, "select distinct scope, workspace from signals.answers where subject <> '' order by 1") == [
        ("*", ""),
        ("globex", "globex"),
    ]
    assert rows(db, "select count(*) from signals.current where workspace = 'globex'") == [(2,)]


def test_a_worker_that_answers_while_its_workspace_is_removed_brings_nothing_of_it_back(
    click: Clicks, db: Database, seller: Seller
) -> None:
    add_accounts(db, "acme", ["a.example"])

    def script(site: str, _: int) -> dict[str, Any]:
        with db.transaction() as conn:
            forget_workspace(conn, "acme")
        return found(site)

    seller.script = script
    click()
    assert rows(db, "select count(*) from signals.asked") == [(0,)]
    assert rows(db, "select count(*) from signals.current") == [(0,)]
    assert rows(db, "select count(*) from signals.answers where workspace = 'acme'") == [(0,)]
    assert rows(db, "select state from sold") == [("settled",)]


def test_answers_out_of_use_go_after_a_year_and_what_is_shown_stays(click: Clicks, db: Database) -> None:
    add_accounts(db, "acme", ["a.example", None])
    click()
    click(accounts=("a.example",), again=True)
    execute(db, "update signals.answers set expires_at = now() - interval '500 days' where subject <> ''")
    assert forget(db, timedelta(days=501)) == {"pairs": 0, "answers": 0}
    assert forget(db, timedelta(days=400)) == {"pairs": 0, "answers": 1}
    assert rows(db, "select count(*) from signals.current c join signals.answers x on x.id = c.answer") == [(2,)]
    execute(db, "update research.accounts set gone_at = now() - interval '500 days'")
    execute(db, "update signals.asked set due_at = now() - interval '500 days'")
    assert forget(db, timedelta(days=400)) == {"pairs": 1, "answers": 0}


def test_the_lists_of_finished_batches_are_forgotten_and_those_of_others_kept(
    click: Clicks, db: Database, platform: Platform
) -> None:

    add_accounts(db, "acme", sites(3))
    click()
    add_accounts(db, "globex", sites(3))
    click(workspace="globex")
    execute(db, "update work.items set state = 'waiting' where scope = 'signals/globex'")
    assert forget_lists(db, platform.lake, timedelta(days=1)) == 0
    assert forget_lists(db, platform.lake, timedelta(days=-1)) == 1
    assert ["workspace=globex" in one.name for one in platform.lake.objects(f"{FOLDER}/")] == [True]


@pytest.mark.parametrize("name", ["tech_stack", "shared_investors"])
def test_columns_tell_what_they_mean(name: str) -> None:
    signal = TECH if name == "tech_stack" else SHARED
    assert all(column.type for column in columns_of(signal))
    assert [column.name for column in columns_of(signal)][:2] == ["workspace", "connection_id"]
