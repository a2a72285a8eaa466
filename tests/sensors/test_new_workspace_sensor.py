"""A workspace that was connected gets its partition and its first run."""

from collections.abc import Iterator

import dagster as dg
import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.workspaces import removals
from tests.sensors.conftest import WORKSPACES, Connect, Tick

SENSOR = "new_workspace_sensor"


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An instance on disk: only there does Dagster accept a run of a partition that the same tick adds."""
    with dg.instance_for_test() as made:
        yield made


def test_a_new_workspace_gets_a_partition_and_one_run_of_its_history(
    connect: Connect, tick: Tick, instance: dg.DagsterInstance
) -> None:
    connect(partition=False)
    (request,) = tick(SENSOR).run_requests
    assert instance.get_dynamic_partitions(WORKSPACES) == ["acme"]
    assert (request.run_key, request.job_name, request.partition_key) == ("crm/acme:1", "crm_historical_sync", "acme")
    wanted = {"nooks/launch": "crm/acme:1", "nooks/workspace": "acme", "nooks/class": "history"}
    assert wanted.items() <= request.tags.items()


def test_a_second_tick_finds_nothing_new(connect: Connect, tick: Tick) -> None:
    connect(partition=False)
    tick(SENSOR)
    again = tick(SENSOR)
    assert (again.run_requests, again.skip_message) == ([], "Every workspace has its partition.")


def test_both_sensors_together_request_one_run(connect: Connect, tick: Tick) -> None:
    connect(partition=False)
    assert [len(tick(name).run_requests) for name in (SENSOR, "due_work_sensor")] == [1, 0]


def test_a_tick_whose_answer_was_lost_leaves_the_partition_and_the_run_to_later_ticks(
    connect: Connect, tick: Tick, instance: dg.DagsterInstance, db: Database
) -> None:
    connect(partition=False)
    tick(SENSOR)
    instance.delete_dynamic_partition(WORKSPACES, "acme")  # as if the daemon had died with the answer in hand
    assert tick(SENSOR).run_requests == []
    assert instance.get_dynamic_partitions(WORKSPACES) == ["acme"]
    with db.transaction() as conn:
        conn.execute("UPDATE work.launches SET requested_at = now() - interval '1 hour'")
    assert tick().run_requests == []
    with db.transaction() as conn:
        conn.execute("UPDATE work.launches SET ended_at = now() - interval '1 minute'")
    assert [request.run_key for request in tick().run_requests] == ["crm/acme:2"]


def test_a_customer_without_due_work_gets_a_partition_and_no_run(connect: Connect, tick: Tick, db: Database) -> None:
    connect(partition=False)
    with db.transaction() as conn:
        conn.execute("UPDATE work.items SET due_at = now() + interval '1 hour'")
    result = tick(SENSOR)
    assert len(result.dynamic_partitions_requests) == 1
    assert result.run_requests == []


def test_a_workspace_that_was_removed_loses_its_partition_and_one_that_a_person_added_stays(
    connect: Connect, tick: Tick, instance: dg.DagsterInstance, db: Database
) -> None:
    connect()
    connect("globex")
    instance.add_dynamic_partitions(WORKSPACES, ["by-hand"])
    with db.transaction() as conn:
        conn.execute("DELETE FROM workspaces.connections WHERE workspace = 'acme'")
        removals.begin(conn, "acme")
    tick(SENSOR)
    assert "acme" in instance.get_dynamic_partitions(WORKSPACES)
    with db.transaction() as conn:
        removals.end(conn, "acme")
    tick(SENSOR)
    assert instance.get_dynamic_partitions(WORKSPACES) == ["globex", "by-hand"]
    connect(partition=False)
    tick(SENSOR)
    assert "acme" in instance.get_dynamic_partitions(WORKSPACES)
