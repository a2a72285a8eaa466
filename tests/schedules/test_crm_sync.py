"""The clock of the incremental syncs, tick by tick, and what is launched of it."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from tests.sensors.conftest import Connect, Tick
from tests.sql import execute

NAME = "crm_incremental_sync_every_15_minutes"
Clock = Callable[[], Any]


@pytest.fixture
def clock(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Clock:
    """Let the schedule tick once."""
    schedule = definitions.resolve_schedule_def(NAME)
    resources = {"crm": (definitions.resources or {})["crm"]}

    def evaluate() -> Any:
        with dg.build_schedule_context(instance, resources=resources) as context:
            return schedule.evaluate_tick(context)

    return evaluate


@pytest.fixture
def synced(connect: Connect, db: Database) -> Callable[..., None]:
    """Connect workspaces whose history is done."""

    def workspaces(*names: str) -> None:
        for name in names:
            connect(name)
        execute(db, "UPDATE work.items SET state = 'done'")

    return workspaces


def let_pass(db: Database, interval: str) -> None:
    """Let time pass for what is planned, and for the clock."""
    execute(db, f"UPDATE work.items SET due_at = due_at - interval '{interval}' WHERE state = 'waiting'")
    execute(db, f"UPDATE crm.rhythms SET planned_until = planned_until - interval '{interval}'")
    execute(db, f"UPDATE workspaces.connections SET state_since = state_since - interval '{interval}'")


def test_it_runs_from_the_start_and_launches_nothing_itself(clock: Clock, definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def(NAME)
    assert (schedule.default_status, schedule.cron_schedule) == (dg.DefaultScheduleStatus.RUNNING, "*/15 * * * *")
    found = clock()
    assert (found.run_requests, found.skip_message.split(".")[0]) == ([], "Planned 0 starts")


def test_each_start_is_launched_when_it_falls_due(
    clock: Clock, synced: Callable[..., None], tick: Tick, db: Database
) -> None:
    synced("acme", "bravo")
    assert clock().skip_message.startswith(("Planned 2 starts", "Planned 3 starts"))
    execute(db, "UPDATE work.items SET due_at = due_at + interval '1 second' WHERE state = 'waiting'")
    assert tick().skip_message == "Nothing is due."
    let_pass(db, "16 minutes")
    found = [(r.run_key, r.job_name, r.tags["nooks/class"]) for r in tick().run_requests]
    assert sorted(found) == [(f"crm/{name}:1", "crm_incremental_sync", "incremental") for name in ("acme", "bravo")]


def test_after_twelve_missed_ticks_one_run_is_launched_for_all_that_fell_due(
    clock: Clock, synced: Callable[..., None], tick: Tick, db: Database
) -> None:
    synced("acme")
    clock()
    let_pass(db, "3 hours")
    clock()
    let_pass(db, "16 minutes")
    assert [r.run_key for r in tick().run_requests] == ["crm/acme:1"]
    with db.transaction() as conn:
        ((due,),) = conn.execute("SELECT count(*) FROM work.items WHERE payload ? 'due' AND due_at <= now()").fetchall()
    assert due in {12, 13, 14}  # its phase is not that of the ticks


def test_what_is_due_now_is_launched_before_histories_and_beside_them(
    clock: Clock, connect: Connect, synced: Callable[..., None], tick: Tick, db: Database
) -> None:
    synced("bravo")
    clock()
    let_pass(db, "16 minutes")
    connect("acme")
    connect("later", work_class=WorkClass.NIGHTLY)
    assert [r.tags["nooks/class"] for r in tick().run_requests] == ["incremental", "nightly", "history"]
