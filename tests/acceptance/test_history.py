"""An org's history, through the real connector over HTTP: every row and every field arrives."""

from collections.abc import Callable

import pytest

from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sync.runs import Platform, SyncRun, WorkspaceSync
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.ledger.items import WorkClass
from tests.acceptance.comparison import differences
from tests.acceptance.objects import TABLES
from tests.crm.salesforce.world import World

pytestmark = pytest.mark.acceptance


def test_the_history_of_an_org_equals_its_truth_row_for_row(
    platform: Platform, org: World, connected: Callable[[str], str]
) -> None:
    connection = connected("acme")
    run = SyncRun("acme", "run-1", launch=1, work_class=WorkClass.HISTORY)
    reports = list(WorkspaceSync(platform, run).run())
    assert {r.task.source: r.ending for r in reports} == dict.fromkeys(TABLES, Ending.DONE)
    for source, table in TABLES.items():
        truth = org.truth(source)
        assert len(truth) > 0
        assert differences(platform.db, table, connection, source, truth)[:5] == []
        raw = Dataset.below(platform.lake, f"crm_raw/{table}/workspace=acme")
        assert raw.rows == len(truth)
