"""Due research gets a run of its own kind, beside the syncs and not in their place."""

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import Settings, settings
from nooks_dagster.signals.plans import plan_research
from nooks_dagster.signals.runs import WorkspaceSignals
from nooks_dagster.signals.work import Platform, SignalsRun
from tests.sensors.conftest import Connect, Tick
from tests.sensors.test_due_work_sensor import execute, keys
from tests.signals.things import TECH, Seller, Shelf

PROJECT = Path(__file__).parents[2]
MANY = [f"customer-{n:02d}" for n in range(12)]


def plan(db: Database, workspace: str, work_class: WorkClass = WorkClass.NIGHTLY, key: str = "nightly/1") -> None:
    ledger = Ledger(db, "clock", timedelta(seconds=30))
    with db.transaction() as conn:
        plan_research(conn, ledger, workspace, key, work_class)


@pytest.fixture
def synced(connect: Connect, db: Database) -> None:
    """Have a workspace whose history is done."""
    connect()
    execute(db, "UPDATE work.items SET state = 'done'")


@pytest.mark.usefixtures("synced")
def test_due_research_is_launched_with_its_workspace_and_class(tick: Tick, db: Database) -> None:
    plan(db, "acme")
    (request,) = tick().run_requests
    assert (request.job_name, request.run_key, request.partition_key) == (
        "account_research",
        "signals/acme:1",
        "acme",
    )
    assert {name: request.tags[name] for name in ("nooks/launch", "nooks/workspace", "nooks/class")} == {
        "nooks/launch": "signals/acme:1",
        "nooks/workspace": "acme",
        "nooks/class": "nightly",
    }
    assert keys(tick()) == []


def test_a_sync_and_the_research_of_one_workspace_are_launched_side_by_side(
    connect: Connect, tick: Tick, db: Database
) -> None:
    connect(work_class=WorkClass.INCREMENTAL)
    plan(db, "acme")
    assert keys(tick()) == ["crm/acme:1", "signals/acme:1"]


@pytest.mark.parametrize("full", ["crm", "signals"])
def test_a_family_that_is_full_leaves_the_other_its_places(
    connect: Connect, tick: Tick, db: Database, full: str
) -> None:
    for name in MANY:
        connect(name, work_class=WorkClass.INCREMENTAL)
        if full == "signals":
            plan(db, name, WorkClass.INCREMENTAL)
    if full == "signals":
        execute(db, "UPDATE work.items SET state = 'done' WHERE scope LIKE 'crm/%'")
    most = 2 * (settings().signals_runs if full == "signals" else settings().crm_runs)
    assert len(keys(tick())) == most
    if full == "signals":
        connect("late", work_class=WorkClass.INCREMENTAL)
        assert keys(tick()) == ["crm/late:1"]
    else:
        plan(db, "customer-11", WorkClass.INCREMENTAL)
        assert keys(tick()) == ["signals/customer-11:1"]


def test_what_is_new_is_launched_while_nightly_looks_take_their_places(
    connect: Connect, tick: Tick, db: Database
) -> None:
    for name in MANY:
        connect(name)
        plan(db, name)
    execute(db, "UPDATE work.items SET state = 'done' WHERE scope LIKE 'crm/%'")
    assert len(keys(tick())) == settings().signals_runs - 1
    plan(db, "customer-11", WorkClass.INCREMENTAL, "sync/1")
    assert keys(tick()) == ["signals/customer-11:1"]


def test_a_book_that_takes_days_counts_against_no_limit_of_the_histories_of_crms(
    connect: Connect, tick: Tick, db: Database, definitions: dg.Definitions
) -> None:
    connect("acme")
    plan(db, "acme", WorkClass.HISTORY)
    runs = yaml.safe_load((PROJECT / "dagster.yaml").read_text())["concurrency"]["runs"]
    limited = {(one["key"], one["value"]) for one in runs["tag_concurrency_limits"]}
    found = {}
    for request in tick().run_requests:
        tags = {**definitions.resolve_job_def(request.job_name).tags, **request.tags}
        found[request.run_key] = bool(limited & tags.items())
    assert found == {"crm/acme:1": True, "signals/acme:1": False}


@pytest.mark.usefixtures("synced")
def test_research_whose_heart_stopped_is_marked_failed_and_followed(
    tick: Tick, db: Database, instance: dg.DagsterInstance, definitions: dg.Definitions
) -> None:
    plan(db, "acme")
    (request,) = tick().run_requests
    job = definitions.resolve_job_def(request.job_name)
    status = dg.DagsterRunStatus.STARTED
    run = instance.create_run_for_job(job, tags=dict(request.tags), status=status)
    execute(
        db,
        "UPDATE work.launches SET run_id = %s, started_at = now(), heartbeat_at = now() - interval '91 seconds'",
        run.run_id,
    )
    tick()
    lost = instance.get_run_by_id(run.run_id)
    assert lost is not None
    assert lost.status is dg.DagsterRunStatus.FAILURE
    execute(db, "UPDATE work.launches SET ended_at = ended_at - interval '6 seconds'")
    assert keys(tick()) == ["signals/acme:2"]


def test_a_run_for_what_is_new_leaves_the_nightly_look_to_a_run_of_its_own(
    db: Database, database_url: str, lake: Lake, tmp_path: Path
) -> None:
    plan(db, "acme")
    plan(db, "acme", WorkClass.INCREMENTAL, "sync/1")
    chosen = Settings(postgres_url=database_url, home=tmp_path)
    platform = Platform(db, lake, chosen, Seller(db), Shelf())
    for work_class, left in ((WorkClass.INCREMENTAL, ["nightly/1"]), (WorkClass.NIGHTLY, [])):
        list(WorkspaceSignals(platform, SignalsRun("acme", f"run-{work_class}", 1, work_class), [TECH]).run())
        with db.transaction() as conn:
            query = "select key from work.items where queue = 'signals.plans' and state <> 'done'"
            assert [key for (key,) in conn.execute(query)] == left
