"""What is broken blocks its own lane, until somebody clicks after it was mended."""

from datetime import timedelta

import pytest

from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.work import CLAIMS_OF_AN_ITEM
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.dead_letters import DeadLetters
from tests.crm.conftest import Click, Table
from tests.crm.fake_crm import FakeCrm, expected, row


def state_of_window(db: Database) -> str:
    query = "SELECT state FROM work.items WHERE queue = 'crm.windows' AND lane LIKE '%/Account'"
    with db.transaction() as conn:
        ((state,),) = conn.execute(query).fetchall()
    return str(state)


def test_one_blocked_object_does_not_hold_the_others(crm: FakeCrm, click: Click, table: Table) -> None:
    world = {"Account": [row(n) for n in range(7)], "Contact": [row(n) for n in range(7)]}
    crm.write(world, Contact="Permanent")
    endings = {r.task.source: (r.ending, r.reason) for r in click()}
    assert endings["Account"][0] is Ending.DONE
    assert endings["Contact"] == (Ending.BLOCKED, "Contact: it is broken")
    assert len(table("accounts")) == 7


def test_a_click_after_the_cause_is_mended_unblocks_the_lane(crm: FakeCrm, click: Click, table: Table) -> None:
    world = {"Contact": [row(n) for n in range(7)]}
    crm.write(world, Contact="Permanent")
    click()
    crm.write(world)
    assert Ending.BLOCKED not in {r.ending for r in click()}
    assert table("contacts") == expected(world["Contact"])


def test_a_poisoned_chunk_blocks_the_lane_of_its_window(crm: FakeCrm, click: Click, db: Database) -> None:
    crm.write({"Account": [row(n) for n in range(7)]}, Account="QuotaExhausted")
    click()
    crm.write({"Account": [row(n) for n in range(7)]})
    with db.transaction() as conn:
        # One of its chunks was alone with five workers that died, and now with a sixth.
        conn.execute("""
            UPDATE work.items SET state = 'leased', lease_until = now() - interval '1 s', deaths = 5
            WHERE queue = 'crm.chunks' AND key LIKE '%/0000'""")
        conn.execute("UPDATE work.items SET due_at = now() WHERE queue = 'crm.windows'")
    reports = {report.task.source: report for report in click(launch=1)}
    assert reports["Account"].ending is Ending.BLOCKED
    assert "killed its worker" in (reports["Account"].reason or "")
    assert state_of_window(db) == "blocked"


def test_a_chunk_that_another_run_blocked_before_it_was_killed_blocks_the_lane(
    crm: FakeCrm, click: Click, db: Database
) -> None:
    crm.write({"Account": [row(1)]}, Account="Permanent")
    click()
    with db.transaction() as conn:
        conn.execute("""
            UPDATE work.items SET state = 'leased', lease_until = now() - interval '1 s' WHERE queue = 'crm.windows'""")
    assert [(r.ending, r.reason) for r in click(launch=1) if r.task.source == "Account"] == [
        (Ending.BLOCKED, "Account: it is broken")
    ]
    assert state_of_window(db) == "blocked"


def test_chunks_that_blocked_one_after_the_other_are_tried_again_within_the_same_hour(
    crm: FakeCrm, click: Click, db: Database, table: Table
) -> None:
    rows = [row(n) for n in range(7)]
    crm.write({"Account": rows}, Account="Permanent")
    click()
    crm.write({"Account": rows})
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() WHERE state = 'blocked'")
        conn.execute("""
            UPDATE work.items SET state = 'blocked', due_at = now() + interval '2 s'
            WHERE queue = 'crm.chunks' AND key LIKE '%/0000'""")
    click(launch=1)
    assert table("accounts") == expected(rows)


def test_a_chunk_that_keeps_failing_is_claimed_four_times_and_then_blocks_its_lane(
    crm: FakeCrm, click: Click, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "backoff", lambda _queue, _attempts: timedelta())
    crm.write({"Account": [row(1)]}, Account="Transient")
    click()
    assert crm.asked["Account 0000"] == CLAIMS_OF_AN_ITEM
    assert {letter.lane for letter in DeadLetters(db).blocked()} == {"acme-salesforce/Account"}
