"""A portal that is altered while it is read: the rows are right, and a lane that cannot go on says why."""

from nooks_dagster.crm.work import WindowKind
from tests.crm.hubspot.faults.rig import Rig


def but(name: str, differences: list[str]) -> list[str]:
    return [sentence for sentence in differences if f" {name}: " not in sentence]


def test_a_property_that_vanishes_in_mid_read_holds_up_nothing(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("vanish", object="contacts", property="message")
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert but("message", rig.differences(workspace))[:5] == []


def test_a_property_that_appears_in_mid_read_is_right_after_a_refresh(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("appear", object="contacts", property="surprise", type="number")
    rig.click_until_quiet(workspace)
    assert but("surprise", rig.differences(workspace))[:5] == []
    rig.between = lambda: None
    rig.pass_time()
    rig.click(workspace, WindowKind.REFRESH)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_a_property_that_changes_type_in_mid_read_spoils_no_other_and_is_right_after_a_refresh(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("retype", object="contacts", property="hs_email_optout", type="string")
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert but("hs_email_optout", rig.differences(workspace))[:5] == []
    rig.between = lambda: None
    rig.pass_time()
    rig.click(workspace, WindowKind.REFRESH)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_a_type_that_is_hidden_in_mid_read_blocks_its_lane_until_it_is_shown(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.between = lambda: rig.alter("hide", object="contacts")
    rig.click(workspace)
    assert "lacks a scope" in rig.reasons(workspace)["contacts"]
    rig.between = lambda: None
    rig.heal()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


def test_ids_that_were_merged_into_a_record_in_the_recycle_bin_are_gone_with_it(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    rig.merge_and_archive()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []
