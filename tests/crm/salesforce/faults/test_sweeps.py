"""What an org changes without a stamp: rows that go past the recycle bin, access that is lost and found, formulas."""

from collections.abc import Iterator

import pytest

from nooks_dagster.crm.model import Volatile
from nooks_dagster.crm.reporting.reports import Ending
from nooks_dagster.crm.sweeps import guard
from tests.crm.salesforce.faults.rig import Rig
from tests.crm.salesforce.faults.test_living import of_the_table
from tests.crm.salesforce.world import World, served

TEN_MINUTES = 600
REASONS = "select deleted_reason, count(*) from crm.contacts where connection_id = %s group by 1"


@pytest.fixture(scope="module")
def faulty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox of these tests alone: what they change would be gone in all others."""
    with served(tmp_path_factory.mktemp("swept"), accounts=150, job_seconds=0.05) as world:
        yield world


def reasons(rig: Rig, workspace: str) -> dict[str | None, int]:
    with rig.platform.db.transaction() as conn:
        return dict(conn.execute(REASONS, (rig.connection_of(workspace),)).fetchall())


def test_rows_that_were_deleted_for_good_are_noticed_by_the_next_sync(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    purged, deleted = living.live("Contact", 7), living.live("Contact", 5, 0.5)
    rig.click_until_quiet(workspace)
    before = reasons(rig, workspace)
    living.purge("Contact", purged)
    living.delete("Contact", deleted)
    living.advance(TEN_MINUTES)
    rig.click(workspace)
    after = reasons(rig, workspace)
    assert after["missing"] == 7
    assert after["deleted"] == before["deleted"] + 5
    assert of_the_table(rig, workspace) == []


def test_access_that_is_lost_makes_tombstones_and_access_that_is_found_brings_the_rows_back(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    rows = living.live("Contact", 20, 0.3)
    rig.click_until_quiet(workspace)
    living.share("Contact", rows, seen=False)
    living.advance(TEN_MINUTES)
    rig.click(workspace)
    assert "missing" not in reasons(rig, workspace)  # no stamp tells, nor does getDeleted
    swept = rig.sweep(workspace)
    assert swept["Contact"].totals["missing"] == 20
    assert swept["Task"].totals["differing"] == 0
    living.share("Contact", rows, seen=True)
    rig.pass_time()
    assert rig.sweep(workspace)["Contact"].totals["rows"] == 20
    assert "missing" not in reasons(rig, workspace)
    assert of_the_table(rig, workspace) == []


def test_access_that_is_lost_to_many_rows_deletes_none(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "MOST_ROWS", 100)
    living, workspace = rig.living, rig.new_workspace()
    rows = living.live("Contact", 150)
    rig.click_until_quiet(workspace)
    living.share("Contact", rows, seen=False)
    living.advance(TEN_MINUTES)  # the source's clock tells seconds: what was seen in this one is not missed in it
    try:
        swept = rig.sweep(workspace)
        assert {source: report.ending for source, report in swept.items()} == {
            "Contact": Ending.BLOCKED,
            "Task": Ending.DONE,
        }
        assert "150 of the" in str(swept["Contact"].reason)
        assert "missing" not in reasons(rig, workspace)
    finally:
        living.share("Contact", rows, seen=True)


def test_a_formula_whose_value_changes_is_read_anew(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    (formula,) = [f.name for f in living.sobject("Contact").fields if f.calculated and f.type == "string"][:1]
    rig.click_until_quiet(workspace)
    living.recalculate("Contact", living.live("Contact", 9, 0.6), {formula: "worked out anew"})
    rig.pass_time()
    rig.click(workspace)
    assert of_the_table(rig, workspace) != []
    swept = rig.sweep(workspace, Volatile.CALCULATED)
    assert (swept["Contact"].totals["differing"], swept["Contact"].totals["missing"]) == (9, 0)
    assert of_the_table(rig, workspace) == []
