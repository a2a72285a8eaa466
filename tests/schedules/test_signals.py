"""The nightly clock of research and signals."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.database.pool import Database
from tests.sensors.conftest import Connect, Tick

NAME = "account_research_nightly"
Clock = Callable[[datetime], Any]
TONIGHT = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)


@pytest.fixture
def clock(definitions: dg.Definitions, instance: dg.DagsterInstance) -> Clock:
    """Let the schedule tick once."""
    schedule = definitions.resolve_schedule_def(NAME)
    resources = {"crm": (definitions.resources or {})["crm"]}

    def evaluate(at: datetime) -> Any:
        with dg.build_schedule_context(instance, resources=resources, scheduled_execution_time=at) as context:
            return schedule.evaluate_tick(context)

    return evaluate


def test_a_night_is_planned_once_however_often_it_ticks_and_the_next_one_again(
    clock: Clock, connect: Connect, tick: Tick, db: Database
) -> None:
    connect("acme")
    connect("globex")
    with db.transaction() as conn:
        conn.execute("update work.items set state = 'done'")
    assert [clock(TONIGHT).skip_message.split(" ")[1] for _ in range(2)] == ["2", "0"]
    launched = {request.partition_key: request.tags["nooks/class"] for request in tick().run_requests}
    assert launched == {"acme": "nightly", "globex": "nightly"}
    assert clock(TONIGHT.replace(day=30)).skip_message.startswith("Planned 2 workspaces.")


def test_it_runs_from_the_start_and_launches_nothing_itself(clock: Clock, definitions: dg.Definitions) -> None:
    assert definitions.resolve_schedule_def(NAME).default_status is dg.DefaultScheduleStatus.RUNNING
    assert clock(TONIGHT).run_requests in (None, [])
