"""The checks judge all workspaces at once, from our own tables."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

import dagster as dg
import pytest

from nooks_dagster.crm.work import CHUNKS, Request, WindowKind, WindowTask, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from resources.postgres import PostgresResource
from tests.assets.conftest import Click
from tests.crm.fake_crm import FakeCrm, row

Judge = Callable[[], Mapping[str, dg.AssetCheckEvaluation]]


@pytest.fixture
def judge(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """Run the job of all checks; returns each by "<asset> <check>"."""
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_LAKE_BUCKET", "unused")
    postgres = PostgresResource(url=database_url, connections=2)
    job = build_defs({"postgres": postgres}).resolve_job_def("checks")

    def run() -> Mapping[str, dg.AssetCheckEvaluation]:
        found = job.execute_in_process().get_asset_check_evaluations()
        return {f"{e.asset_key.to_user_string()} {e.check_name}": e for e in found}

    yield run
    postgres.database.close()


def red(found: Mapping[str, dg.AssetCheckEvaluation]) -> set[str]:
    return {name for name, evaluation in found.items() if not evaluation.passed}


def plan(db: Database, *items: NewItem) -> None:
    with db.transaction() as conn:
        Ledger(db, "test", timedelta(seconds=30)).plan(conn, items)


def window(source: str, canonical: str) -> NewItem:
    task = WindowTask("acme", "acme-salesforce", source, canonical, WindowKind.HISTORY)
    return task.item("history", WorkClass.HISTORY)


def land_without_merging(db: Database, minutes: int) -> None:
    """Leave a part in the catalog whose chunk is not done."""
    lane = f"acme-salesforce/Contact_{minutes}"
    plan(db, NewItem(CHUNKS, "crm/acme", lane, "1/0000", {"key": "0000", "spec": {}}, WorkClass.HISTORY))
    query = """
        INSERT INTO lake.parts (uri, dataset, rows, bytes, sha256, item_id, created_at)
        SELECT 'gs://bucket/' || lane, 'crm_raw/contacts/workspace=acme', 1, 1, repeat('0', 64), id,
            now() - make_interval(mins => %s)
        FROM work.items WHERE lane = %s"""
    with db.transaction() as conn:
        conn.execute(query, (minutes, lane))


def test_every_check_is_green_while_every_lane_moves(crm: FakeCrm, click: Click, judge: Judge) -> None:
    crm.write({"Account": [row(1)]})
    click()
    found = judge()
    assert len(found) == 14
    assert red(found) == set()


def test_a_blocked_lane_stays_red_while_another_workspace_syncs_well(
    crm: FakeCrm,
    click: Click,
    judge: Judge,
    connected: Callable[[str], str],
    instance: dg.DagsterInstance,
) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    assert red(judge()) == {"crm/accounts no_lane_is_blocked"}
    crm.write({"Account": [row(1)]})
    connected("bravo")
    instance.add_dynamic_partitions("workspaces", ["bravo"])
    assert click("bravo").success
    found = judge()
    assert red(found) == {"crm/accounts no_lane_is_blocked"}
    worst = str(found["crm/accounts no_lane_is_blocked"].metadata["worst"].value)
    assert "| acme-salesforce/Account | no history yet | Account: it is broken |" in worst
    assert "bravo" not in worst


def test_the_lane_turns_green_once_a_click_brought_it_up_to_date(crm: FakeCrm, click: Click, judge: Judge) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    crm.write({"Account": [row(1)]})
    assert click().success
    assert red(judge()) == set()


def test_a_refused_connection_turns_every_object_red_though_none_of_its_lanes_is(
    crm: FakeCrm, click: Click, judge: Judge
) -> None:
    crm.write({}, objects="Unauthorized")
    click()
    found = judge()
    assert len(red(found)) == 7
    assert "objects: it is broken" in str(found["crm/users no_lane_is_blocked"].metadata["worst"].value)


def test_a_refused_connection_is_seen_behind_any_number_of_blocked_chunks(judge: Judge, db: Database) -> None:
    chunks = (NewItem(CHUNKS, "crm/acme", "acme/X", str(n), {}, WorkClass.HISTORY) for n in range(1001))
    plan(db, *chunks, discovery("bravo", "bravo-salesforce", "1", WorkClass.HISTORY, Request()))
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET state = 'blocked', reason = 'refused'")
    worst = str(judge()["crm/users no_lane_is_blocked"].metadata["worst"].value)
    assert "| bravo-salesforce | - | refused |" in worst


def test_the_worst_twenty_are_named_and_the_others_are_counted(judge: Judge, db: Database) -> None:
    plan(db, *(window(f"Thing_{n}__c", "custom_objects") for n in range(300)))
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET state = 'blocked', reason = repeat(%s, 20)", ("It says | a lot\n",))
    check = judge()["crm/custom_objects no_lane_is_blocked"]
    worst = str(check.metadata["worst"].value)
    assert check.metadata["count"].value == 300
    shown = worst.count("| acme-salesforce/")
    assert 10 <= shown <= 20
    assert worst.endswith(f"… and {300 - shown} more.")
    assert len(worst.encode()) < 8192
    assert all(line.count(" | ") == 3 for line in worst.splitlines() if line.startswith("| acme"))


def test_a_part_that_waits_to_be_merged_for_a_quarter_of_an_hour_turns_its_raw_asset_red(
    judge: Judge, db: Database
) -> None:
    land_without_merging(db, minutes=14)
    assert red(judge()) == set()
    land_without_merging(db, minutes=16)
    found = judge()
    assert red(found) == {"crm_raw/contacts landed_rows_are_merged"}
    assert found["crm_raw/contacts landed_rows_are_merged"].metadata["count"].value == 1
