"""What a portal changes without a stamp: records restored or erased, edges cut, values worked out; a late index."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from nooks_dagster.crm.model import Volatile
from tests.crm.hubspot.faults.rig import Rig
from tests.crm.hubspot.served_portal import ServedPortal, served

REASON = "select deleted_reason from crm.contacts where connection_id = %s and id = %s"


@pytest.fixture(scope="module")
def faulty_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    """A sandbox of these tests alone: what they change would be gone in all others."""
    with served(tmp_path_factory.mktemp("swept"), accounts=24) as portal:
        yield portal


def reason(rig: Rig, workspace: str, record: int) -> str | None:
    with rig.platform.db.transaction() as conn:
        row = conn.execute(REASON, (rig.connection_of(workspace), str(record))).fetchone()
    assert row
    return str(row[0]) if row[0] else None


def test_a_record_that_was_restored_and_one_that_was_erased_are_so_here_after_a_sweep(rig: Rig) -> None:
    portal, contacts = rig.portal()
    back, erased = portal.page(contacts, 0, 2, (), archived=False).ids
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    portal.archive(contacts, [back])
    rig.pass_time()
    rig.click(workspace)
    assert reason(rig, workspace, back) == "deleted"
    portal.restore(contacts, [back])
    portal.erase(contacts, erased)
    rig.pass_time()
    rig.click(workspace)
    swept = rig.sweep(workspace)["contacts"]
    assert (swept.totals["missing"], reason(rig, workspace, erased)) == (1, "missing")
    assert reason(rig, workspace, back) is None
    assert rig.differences(workspace) == []


def test_edges_whose_other_end_went_and_values_that_were_worked_out_anew_come_with_a_sweep_of_them(rig: Rig) -> None:
    portal, contacts = rig.portal()
    companies = portal.type("companies")
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    portal.archive(companies, list(portal.page(companies, 0, 3, (), archived=False).ids))
    (record,) = portal.page(contacts, 0, 1, (), archived=False).ids
    portal.recalculate(contacts, record, {"hs_email_domain": "anew.example"})
    rig.pass_time()
    rig.click(workspace)
    assert rig.differences(workspace) != []
    rig.sweep(workspace)
    assert rig.differences(workspace) != []
    swept = rig.sweep(workspace, *Volatile)["contacts"]
    assert swept.totals["differing"] > 1
    assert rig.differences(workspace) == []


def test_a_record_that_was_merged_into_one_that_was_merged_again_is_gone_into_the_last(rig: Rig) -> None:
    portal, contacts = rig.portal()
    one, other, third = portal.page(contacts, 0, 3, (), archived=False).ids
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    portal.merge(contacts, portal.merge(contacts, one, other).id, third)
    rig.pass_time()
    rig.click_until_quiet(workspace)
    rig.sweep(workspace)
    assert rig.reasons(workspace) == {}
    assert {reason(rig, workspace, gone) for gone in (one, other, third)} == {"merged"}
    assert rig.differences(workspace) == []


def test_what_the_index_shows_hours_late_comes_with_a_late_pass(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    late = timedelta(hours=3)
    try:
        rig.command("POST", "/control/portals/globex/index", {"lag_seconds": late.total_seconds()})
        rig.change({"jobtitle": "Hours late"})
        for _ in range(3):
            rig.command("POST", "/control/portals/globex/clock", {"advance_seconds": late.total_seconds() / 2})
            rig.click(workspace)
        assert rig.differences(workspace) != []
        assert rig.plan_late_passes() == 0  # the first time, for a rhythm begins with its next start
        assert rig.plan_late_passes() == 1  # of the two that fall due, the one that looks back further
        rig.click(workspace)
        assert rig.differences(workspace) == []
    finally:
        rig.command("POST", "/control/portals/globex/index", {"lag_seconds": 0})
