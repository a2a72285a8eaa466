"""A click on the CRM assets, with everything real but the CRM."""

from collections.abc import Callable
from datetime import datetime, timedelta

import dagster as dg
import pytest

from nooks_dagster.crm.connectors import how_to_connect
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.work import Request, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.assets.conftest import Click, materialized, sentence
from tests.crm.fake_crm import FakeCrm, at, row

HERE = {f"{layer}/{name}" for layer in ("crm", "crm_raw") for name in ("accounts", "contacts", "custom_objects")}
LAUNCHED = {"nooks/launch": "crm/acme:1", "nooks/class": "history"}


def plan_all(db: Database) -> None:
    """Plan what a schedule would: whatever changed in acme."""
    with db.transaction() as conn:
        work = discovery("acme", "acme-salesforce", "tick", WorkClass.INCREMENTAL, Request())
        Ledger(db, "schedule", timedelta(seconds=2)).plan(conn, [work])


def make_due(db: Database) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state IN ('waiting', 'blocked')")


@pytest.fixture
def stored(db: Database) -> Callable[[str], int]:
    """Count the rows of a canonical table."""

    def count(name: str) -> int:
        with db.transaction() as conn:
            found = conn.execute(f"SELECT count(*) FROM crm.{name}".encode()).fetchone()
        return int(found[0]) if found else 0

    return count


@pytest.fixture
def planned(db: Database) -> Callable[[], int]:
    """Count the items of work there are."""

    def count() -> int:
        with db.transaction() as conn:
            found = conn.execute("SELECT count(*) FROM work.items").fetchone()
        return int(found[0]) if found else 0

    return count


def test_a_click_materialises_every_object_of_the_crm_whether_it_has_rows_or_not(
    crm: FakeCrm, click: Click, stored: Callable[[str], int]
) -> None:
    crm.write({"Account": [row(n) for n in range(12)], "Widget__c": [row(1)]})
    result = click()
    assert result.success
    assert set(materialized(result)) == HERE
    assert (stored("accounts"), stored("contacts"), stored("custom_objects")) == (12, 0, 1)


def test_a_materialisation_tells_rows_and_windows_and_how_far_it_is_complete(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(n) for n in range(12)] + [row(99, IsDeleted=True)]}, minute=60)
    found = materialized(click())
    table, raw = found["crm/accounts"], found["crm_raw/accounts"]
    assert [table[name].value for name in ("dagster/row_count", "rows_read", "rows_inserted")] == [12, 13, 12]
    assert (table["rows_deleted"].value, table["tombstones"].value) == (1, 1)
    assert (raw["dagster/row_count"].value, raw["bytes_landed"].value) == (13, raw["bytes_stored"].value)
    assert table["complete_until"].value == datetime.fromisoformat(at(60)).timestamp()
    head, _, line = str(table["windows"].value).splitlines()
    assert head.startswith("| source | window | rows |")
    assert line.startswith("| Account | history: beginning to 2026-01-01 13:00:00 | 13 | 12 |")


def test_a_selected_object_is_read_and_the_others_are_not(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)], "Contact": [row(1)]})
    assert set(materialized(click(selection=["crm/contacts"]))) == {"crm/contacts"}
    assert {chunk.split()[0] for chunk in crm.fetched()} == {"Contact"}


def test_a_click_with_nothing_new_still_shows_that_it_happened(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    again = materialized(click())
    assert set(again) == HERE
    assert again["crm/accounts"]["rows_read"].value == 0
    assert again["crm/accounts"]["dagster/row_count"].value == 1
    assert again["crm/accounts"]["complete_until"].value == datetime.fromisoformat(at(60)).timestamp()


def test_a_launched_run_materialises_what_changed_and_leaves_out_what_was_told_within_the_hour(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    world = {"Account": [row(1)], "Contact": [row(1)]}
    crm.write(world, minute=60)
    click()
    crm.write(world | {"Account": [row(1, minute=70)]}, minute=80)
    plan_all(db)
    assert set(materialized(click(tags=LAUNCHED))) == {"crm/accounts", "crm_raw/accounts"}


def test_a_refresh_reads_every_row_again(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(n) for n in range(7)]}, minute=60)
    click()
    found = materialized(click(refresh=True, objects=["accounts"]))
    assert set(found) == {"crm/accounts", "crm_raw/accounts"}
    assert found["crm/accounts"]["rows_read"].value == 7
    assert found["crm/accounts"]["dagster/row_count"].value == 7


def test_a_window_that_is_read_again_leaves_the_watermark_where_it_stands(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(n, minute=10 * n) for n in range(6)]}, minute=60)
    click()
    found = materialized(click(since=at(30), until=at(60), objects=["accounts"]))["crm/accounts"]
    assert found["rows_read"].value == 3
    assert found["complete_until"].value == datetime.fromisoformat(at(60)).timestamp()


def test_an_object_is_not_called_complete_while_one_of_its_source_objects_is_blocked(
    crm: FakeCrm, click: Click
) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    result = click()
    assert set(materialized(result)) == HERE - {"crm/accounts", "crm_raw/accounts"}
    assert not result.success
    assert sentence(result) == "acme-salesforce/Account is blocked: Account: it is broken"


@pytest.mark.parametrize("failure", ["Permanent", "QuotaExhausted"])
def test_a_launched_run_that_can_reach_nothing_succeeds_and_materialises_nothing(
    failure: str, crm: FakeCrm, click: Click, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, Account=failure)
    click(selection=["crm/accounts"])
    make_due(db)
    result = click(selection=["crm/accounts"], tags=LAUNCHED)
    assert result.success
    assert materialized(result) == {}


def test_a_person_is_told_that_a_spent_quota_parked_the_object(crm: FakeCrm, click: Click) -> None:
    crm.write({"Account": [row(1)]}, Account="QuotaExhausted")
    result = click(selection=["crm/accounts"])
    assert not result.success
    assert sentence(result) == "acme-salesforce/Account is parked: Account: it is broken"


def test_a_person_is_told_that_the_credentials_were_refused(crm: FakeCrm, click: Click) -> None:
    crm.write({}, objects="Unauthorized")
    assert sentence(click()) == "objects: it is broken"
    assert "Run `nooks connect salesforce acme` again." in sentence(click())


def test_a_question_that_makes_no_sense_is_refused_before_any_work_is_planned(
    click: Click, planned: Callable[[], int]
) -> None:
    result = click(since="yesterday")
    assert not result.success
    assert sentence(result).startswith("'since' is no time: 'yesterday'. Write it as 2026-01-31")
    assert planned() == 0


def test_a_partition_with_a_comma_fails_with_the_rule_of_names(
    click: Click, instance: dg.DagsterInstance, planned: Callable[[], int]
) -> None:
    instance.add_dynamic_partitions("workspaces", ["a,b"])
    assert sentence(click("a,b")).startswith("A workspace cannot be named 'a,b': it contains a comma.")
    assert planned() == 0


def test_a_partition_that_nobody_connected_says_how_to_connect_it(
    click: Click, instance: dg.DagsterInstance, planned: Callable[[], int]
) -> None:
    instance.add_dynamic_partitions("workspaces", ["nobody"])
    assert sentence(click("nobody")) == f"nobody: no CRM is connected. Run {how_to_connect('nobody')}."
    assert planned() == 0


def test_what_a_killed_run_had_finished_but_not_told_is_materialised_by_its_successor(
    crm: FakeCrm, platform: Platform, connected: Callable[[str], str], click: Click
) -> None:
    connected("acme")
    crm.write({"Account": [row(1)], "Contact": [row(1)]})
    list(WorkspaceSync(platform, SyncRun("acme", "killed")).run())
    assert "crm/accounts" in materialized(click(tags=LAUNCHED))
