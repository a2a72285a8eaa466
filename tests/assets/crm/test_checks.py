"""The checks judge all workspaces at once, from our own tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from assets.crm.checks import SLOW, URGENT, health
from assets.crm.findings import Evidence
from assets.judging import Check
from nooks_dagster.budgets.quotas import Quotas
from nooks_dagster.crm.counts.counting import Counting
from nooks_dagster.crm.model import FieldType
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.work import CHUNKS, Request, WindowKind, WindowTask, discovery
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.workspaces.registry import Registry
from tests.assets.conftest import Click
from tests.assets.judged import Verdicts, judged
from tests.crm.fake_crm import FIELDS, NOON, FakeCrm, row

Judge = Callable[..., Verdicts]


@pytest.fixture
def judge(db: Database) -> Judge:
    def verdicts(checks: Sequence[Check[Evidence]] = URGENT) -> Verdicts:
        with db.transaction() as conn:
            return judged(checks, Evidence(db, conn), health.key, dg.AssetKey.to_user_string)

    return verdicts


@pytest.fixture
def run_checks(
    database_url: str, monkeypatch: pytest.MonkeyPatch, instance: dg.DagsterInstance
) -> Callable[[str, str], dict[str, bool]]:
    """Run the step of a job of checks; returns by "<asset> <check>" which passed."""
    monkeypatch.setenv("NOOKS_POSTGRES_URL", database_url)
    monkeypatch.setenv("NOOKS_LAKE_BUCKET", "unused")

    def run(job: str, step: str) -> dict[str, bool]:
        result = build_defs().resolve_job_def(job).execute_in_process(instance=instance, op_selection=[step])
        found = result.get_asset_check_evaluations()
        return {f"{one.asset_key.to_user_string()} {one.check_name}": one.passed for one in found}

    return run


@pytest.fixture
def now() -> int:
    """The present, as the fake's rows count it, to the minute."""
    return int((datetime.now(UTC) - NOON).total_seconds()) // 60


def red(found: Mapping[str, dg.AssetCheckResult]) -> set[str]:
    """Return what is red of the assets that are synced."""
    return {name for name, one in found.items() if not one.passed and not name.startswith("crm/health ")}


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


def worst(verdict: dg.AssetCheckResult) -> str:
    return str(verdict.metadata["worst"].value)


def test_every_check_is_green_while_every_lane_moves(crm: FakeCrm, click: Click, judge: Judge, now: int) -> None:
    crm.write({"Account": [row(1)]}, minute=now)
    click()
    assert (len(found := judge()), red(found)) == (28, set())
    assert (len(found := judge(SLOW)), red(found)) == (26, set())


@pytest.mark.parametrize(("job", "checks"), [("checks", URGENT), ("slow_checks", SLOW)])
def test_the_jobs_judge_each_asset_and_the_health_of_all(
    job: str,
    checks: Sequence[Check[Evidence]],
    crm: FakeCrm,
    click: Click,
    judge: Judge,
    run_checks: Callable[[str, str], dict[str, bool]],
) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    found = run_checks(job, f"crm_{job}")
    assert found == {name: one.passed for name, one in judge(checks).items()}


def test_a_blocked_lane_stays_red_while_another_workspace_syncs_well(
    crm: FakeCrm,
    click: Click,
    judge: Judge,
    connected: Callable[[str], str],
    instance: dg.DagsterInstance,
    now: int,
) -> None:
    crm.write({"Account": [row(1)]}, minute=now, Account="Permanent")
    click()
    assert red(judge()) == {"crm/accounts no_lane_is_blocked"}
    crm.write({"Account": [row(1)]}, minute=now)
    connected("bravo")
    instance.add_dynamic_partitions("workspaces", ["bravo"])
    assert click("bravo").success
    found = judge()
    assert red(found) == {"crm/accounts no_lane_is_blocked"}
    told = worst(found["crm/accounts no_lane_is_blocked"])
    assert "| acme-salesforce/Account | no history yet | Account: it is broken |" in told
    assert "bravo" not in told


def test_the_lane_turns_green_once_a_click_brought_it_up_to_date(
    crm: FakeCrm, click: Click, judge: Judge, now: int
) -> None:
    crm.write({"Account": [row(1)]}, minute=now, Account="Permanent")
    click()
    crm.write({"Account": [row(1)]}, minute=now)
    assert click().success
    assert red(judge()) == set()


def test_a_refused_connection_turns_every_object_red_though_none_of_its_lanes_is(
    crm: FakeCrm, click: Click, judge: Judge
) -> None:
    crm.write({}, objects="Unauthorized")
    click()
    found = judge()
    assert len(red(found)) == 7
    assert "objects: it is broken" in worst(found["crm/users no_lane_is_blocked"])


def test_a_refused_connection_is_seen_behind_any_number_of_blocked_chunks(judge: Judge, db: Database) -> None:
    chunks = (NewItem(CHUNKS, "crm/acme", "acme/X", str(n), {}, WorkClass.HISTORY) for n in range(1001))
    plan(db, *chunks, discovery("bravo", "bravo-salesforce", "1", WorkClass.HISTORY, Request()))
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET state = 'blocked', reason = 'refused'")
    assert "| bravo-salesforce | - | refused |" in worst(judge()["crm/users no_lane_is_blocked"])


def test_the_worst_twenty_are_named_and_the_others_are_counted(judge: Judge, db: Database) -> None:
    plan(db, *(window(f"Thing_{n}__c", "custom_objects") for n in range(300)))
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET state = 'blocked', reason = repeat(%s, 20)", ("It says | a lot\n",))
    check = judge()["crm/custom_objects no_lane_is_blocked"]
    told = worst(check)
    assert check.metadata["count"].value == 300
    shown = told.count("| acme-salesforce/")
    assert 10 <= shown <= 20
    assert told.endswith(f"… and {300 - shown} more.")
    assert len(told.encode()) < 8192
    assert all(line.count(" | ") == 3 for line in told.splitlines() if line.startswith("| acme"))


def test_a_part_that_waits_to_be_merged_for_a_quarter_of_an_hour_turns_its_raw_asset_red(
    judge: Judge, db: Database
) -> None:
    land_without_merging(db, minutes=14)
    assert red(judge()) == set()
    land_without_merging(db, minutes=16)
    found = judge()
    assert red(found) == {"crm_raw/contacts landed_rows_are_merged"}
    assert found["crm_raw/contacts landed_rows_are_merged"].metadata["count"].value == 1


def test_a_workspace_that_lags_behind_its_cadence_stays_red_while_another_one_syncs(
    crm: FakeCrm,
    click: Click,
    judge: Judge,
    connected: Callable[[str], str],
    instance: dg.DagsterInstance,
    now: int,
) -> None:
    crm.write({"Account": [row(1)]}, minute=now - 60)
    click()
    assert red(judge()) == {f"crm/{name} workspaces_are_fresh" for name in ("accounts", "contacts", "custom_objects")}
    crm.write({"Account": [row(1)]}, minute=now)
    connected("bravo")
    instance.add_dynamic_partitions("workspaces", ["bravo"])
    assert click("bravo").success
    found = judge()
    assert "crm/accounts workspaces_are_fresh" in red(found)
    (line,) = worst(found["crm/accounts workspaces_are_fresh"]).splitlines()[2:]
    assert line.startswith("| acme-salesforce/Account | 6")
    assert "of 45 min" in line
    assert "No sync was started" in line


def test_what_is_red_of_any_asset_is_red_of_the_one_that_no_sync_materialises(
    crm: FakeCrm, click: Click, judge: Judge, instance: dg.DagsterInstance, now: int
) -> None:
    crm.write({"Account": [row(1)]}, minute=now - 60)
    click()
    found = judge()
    assert "acme-salesforce/Account" in worst(found["crm/health workspaces_are_fresh"])
    assert found["crm/health no_lane_is_blocked"].passed
    click()  # from now on Dagster's UI calls the verdict on crm/accounts out of date
    assert instance.get_latest_materialization_event(dg.AssetKey(["crm", "accounts"])) is not None
    assert instance.get_latest_materialization_event(dg.AssetKey(["crm", "health"])) is None


def test_a_connection_that_chose_a_slower_cadence_may_lag_behind_further(
    crm: FakeCrm, click: Click, judge: Judge, now: int, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=now - 60)
    click()
    Registry(db).choose("acme-salesforce", {"cadence_minutes": 30})
    assert red(judge()) == set()


def test_a_connection_that_rests_by_wish_is_not_late(
    crm: FakeCrm, click: Click, judge: Judge, now: int, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, minute=now - 60)
    click()
    Registry(db).mark("acme-salesforce", "paused", "by wish")
    assert red(judge()) == set()


def test_fields_that_drifted_are_a_warning_with_what_they_were(
    crm: FakeCrm, click: Click, judge: Judge, now: int
) -> None:
    crm.write({"Account": [row(1)]}, minute=now - 10)
    click()
    crm.fields = tuple(replace(f, type=FieldType.NUMBER) if f.name == "Score__c" else f for f in FIELDS)
    crm.write({"Account": [row(1)]}, minute=now)
    click()
    check = judge(SLOW)["crm_raw/accounts fields_are_as_before"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "| acme-salesforce/Account | Score__c | It was integer, is number. |" in worst(check)


def test_calls_that_are_nearly_used_up_are_a_warning(
    judge: Judge, db: Database, platform: Platform, connected: Callable[[str], str]
) -> None:
    Quotas(db).report_usage(connected("bravo"), 7_600, 10_000)
    assert red(judge()) == set()
    Quotas(db).report_usage("bravo-salesforce", 7_700, 10_000)
    check = judge()["crm_raw/accounts calls_are_left"]
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "| bravo-salesforce | 7,700 of 10,000 | Syncs rest from 85% on." in worst(check)


def test_counts_that_differ_twice_name_the_object_of_the_lake_with_all_ids(
    crm: FakeCrm, click: Click, judge: Judge, now: int, db: Database, platform: Platform
) -> None:
    crm.write({"Account": [row(n) for n in range(5)]}, minute=now)
    click()
    with db.transaction() as conn:
        conn.execute("DELETE FROM crm.accounts WHERE id = '0002'")
    for night in ("one", "two"):
        list(Counting(platform, night).run())
        with db.transaction() as conn:
            conn.execute("UPDATE work.items SET key = id::text WHERE queue = 'crm.counts'")
    assert red(judge(SLOW)) == set()
    with db.transaction() as conn:
        conn.execute("UPDATE crm.counts SET listed_at = '2026-01-01'")
    found = judge(SLOW)
    assert red(found) == {"crm/accounts counts_agree"}
    assert "| acme-salesforce/Account | first to last | 3, 4 | Only there: 1" in worst(
        found["crm/accounts counts_agree"]
    )
    assert "/crm_counts/workspace=acme/connection=acme-salesforce/source=Account/first-" in worst(
        found["crm/accounts counts_agree"]
    )


def test_deletions_that_wait_for_a_person_are_red_until_he_confirmed_them(judge: Judge, db: Database) -> None:
    task = WindowTask("bravo", "bravo-salesforce", "Account", "accounts", WindowKind.SWEEP)
    plan(db, task.item("sweep", WorkClass.NIGHTLY))
    withheld = """UPDATE work.items SET state = 'blocked', reason = 'None was deleted.',
        progress = jsonb_build_object('withheld', 1200, 'withheld_at', now())"""
    with db.transaction() as conn:
        conn.execute(withheld)
    found = judge(SLOW)
    assert red(found) == {"crm/accounts deletions_are_confirmed"}
    assert "| bravo-salesforce/Account | 1,200 | " in worst(found["crm/accounts deletions_are_confirmed"])
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET payload = payload || '{\"confirmed\": 1200}'")
    assert red(judge(SLOW)) == set()


def test_a_crm_that_answers_nobody_is_one_incident(judge: Judge, db: Database) -> None:
    outage = """INSERT INTO budgets.breakers (key, opened_at, next_probe_at, probes)
        VALUES ('hubspot', now() - interval '3 minutes', now() + interval '1 minute', 4)"""
    with db.transaction() as conn:
        conn.execute(outage)
    found = judge()
    assert red(found) == {"crm_raw/accounts crms_answer"}
    assert "| hubspot | " in worst(found["crm_raw/accounts crms_answer"])
