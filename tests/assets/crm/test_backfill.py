"""A backfill of many workspaces, as the UI makes one: a run without our tags for each, while the clock goes on."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import dagster as dg
import pytest

from assets.partitions import workspaces
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.crm.sync.watermarks import move_watermark
from nooks_dagster.crm.work import start
from nooks_dagster.database.pool import Database
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.ledger import Ledger
from tests.assets.conftest import Click, materialized, sentence
from tests.crm.fake_crm import OBJECTS, FakeCrm, at, row

CUSTOMERS = [f"customer-{n:02d}" for n in range(8)]
AT_ONCE = 3  # of either kind, on two cores
ROWS = "SELECT connection_id, array_agg(id ORDER BY id) FROM crm.accounts GROUP BY connection_id ORDER BY connection_id"
OPEN = "SELECT queue, lane, state, reason FROM work.items WHERE state <> 'done'"

Backfill = Callable[[str], dg.ExecuteInProcessResult]


@pytest.fixture
def synced(crm: FakeCrm, platform: Platform, connected: Callable[[str], str]) -> None:
    """Have eight workspaces whose histories ended without a row, and a start of each that fell due."""
    ledger = Ledger(platform.db, "clock", timedelta())
    for name in CUSTOMERS:
        connection = connected(name)
        with platform.db.transaction() as conn:
            for source in OBJECTS:
                move_watermark(conn, connection, source, datetime.fromisoformat(at(60)))
            ledger.plan(conn, [start(name, connection, datetime.fromisoformat(at(75)))])
    crm.write({"Account": [row(2, minute=70), row(3, minute=79)]}, minute=80)


@pytest.fixture
def backfilled(click: Click) -> Iterator[Backfill]:
    """Run the partition of a backfill, with a storage of its own: threads may not share one in memory."""

    def run(workspace: str) -> dg.ExecuteInProcessResult:
        with dg.DagsterInstance.ephemeral() as instance:
            instance.add_dynamic_partitions(workspaces.name or "", [workspace])
            return click(workspace, tags={"dagster/backfill": "b", "dagster/partition": workspace}, on=instance)

    return run


@pytest.mark.usefixtures("synced")
def test_a_backfill_of_eight_workspaces_and_the_runs_of_the_clock_share_the_work(
    platform: Platform, backfilled: Backfill, db: Database
) -> None:
    def launched(workspace: str) -> list[Ending]:
        run = SyncRun(workspace, f"clock-{workspace}", 1, WorkClass.INCREMENTAL)
        return [report.ending for report in WorkspaceSync(platform, run).run()]

    with ThreadPoolExecutor(AT_ONCE) as clock, ThreadPoolExecutor(AT_ONCE) as ui:
        by_the_clock = [clock.submit(launched, name) for name in CUSTOMERS]
        from_the_ui = [ui.submit(backfilled, name) for name in reversed(CUSTOMERS)]
        runs = [one.result() for one in from_the_ui]
        endings = Counter(ending for one in by_the_clock for ending in one.result())
    assert [sentence(run) for run in runs if not run.success] == []
    assert all("crm/accounts" in materialized(run) for run in runs)
    assert endings.keys() <= {Ending.DONE, Ending.HELD_BACK}
    with db.transaction() as conn:
        assert conn.execute(OPEN).fetchall() == []
        found = conn.execute(ROWS).fetchall()
    assert found == [(f"{name}-salesforce", ["0002", "0003"]) for name in CUSTOMERS]
