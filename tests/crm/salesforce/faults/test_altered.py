"""An org that is altered while it is read: the rows are right, and a lane that cannot go on says why."""

import pytest

from nooks_dagster.crm.work import WindowKind
from tests.crm.salesforce.faults.rig import Rig


def but(field: str, differences: list[str]) -> list[str]:
    return [sentence for sentence in differences if f" {field}: " not in sentence]


def test_a_field_that_vanishes_in_mid_read_holds_up_nothing(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("vanish", object="Task", field="Description")
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


@pytest.mark.parametrize("source", ["Contact", "Task"])
def test_a_field_that_appears_in_mid_read_spoils_no_other(rig: Rig, source: str) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("appear", object=source, field="Surprise__c")
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert but("Surprise__c", rig.differences(workspace))[:5] == []


@pytest.mark.parametrize(("source", "field"), [("Contact", "Engagement_Score__c"), ("Task", "Talk_Ratio__c")])
def test_a_field_that_changes_type_in_mid_read_spoils_no_other_and_is_right_after_a_refresh(
    rig: Rig, source: str, field: str
) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("retype", object=source, field=field, type="string")
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert but(field, rig.differences(workspace))[:5] == []
    rig.between = lambda: None
    rig.pass_time()
    rig.click(workspace, WindowKind.REFRESH)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_an_object_that_is_hidden_in_mid_read_blocks_its_lane_until_it_is_shown(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("hide", object="Task")
    rig.click(workspace)
    assert "the user may not read it" in rig.reasons(workspace)["Task"]
    rig.between = lambda: None
    rig.heal()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_rows_of_a_long_transaction_arrive_once_it_is_committed(rig: Rig) -> None:
    workspace = rig.new_workspace()
    stamps = rig.stamps("Contact")
    rig.alter("transaction", since=stamps[300], until=stamps[-20])
    rig.click_until_quiet(workspace)
    assert rig.differences(workspace) == []
    rig.heal()
    assert len(rig.differences(workspace)) > 400
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    # The ten minutes before the watermark were read twice, so the lake has some rows twice; the table has not.
    assert [sentence for sentence in rig.differences(workspace) if "landed" not in sentence] == []
