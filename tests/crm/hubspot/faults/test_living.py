"""A portal that lives while it is read: what is seen late arrives all the same, what cannot be seen is not deleted."""

from datetime import timedelta

from tests.crm.hubspot.faults.rig import OAUTH, PAGE, Rig

INDEX, CLOCK = "/control/portals/globex/index", "/control/portals/globex/clock"


def test_a_record_that_search_shows_four_minutes_after_its_stamp_arrives(rig: Rig) -> None:
    rig.lag = timedelta(minutes=5)
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    try:
        rig.command("POST", INDEX, {"lag_seconds": 240})
        rig.change({"jobtitle": "Late"})
        rig.command("POST", CLOCK, {"advance_seconds": 230})
        rig.click(workspace)
        assert rig.differences(workspace) != []
        rig.command("POST", CLOCK, {"advance_seconds": 75})
        rig.click(workspace)
        assert rig.differences(workspace) == []
    finally:
        rig.command("POST", INDEX, {"lag_seconds": 0})


def test_a_permission_that_is_lost_deletes_nothing(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    rig.alter("hide", object="contacts")
    for _ in range(2):
        rig.pass_time()
        rig.click(workspace)
    rig.heal()
    assert rig.differences(workspace) == []
    rig.edit()
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace) == []


def test_a_token_that_dies_at_the_first_the_second_the_third_call_of_a_window_is_renewed(rig: Rig) -> None:
    rig.secret = OAUTH
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    call, struck = 0, True
    while struck:
        rig.change({"jobtitle": f"call {call}"})
        rig.pass_time()
        number = rig.fault(kind="dead_token", after=call, times=1)
        rig.click(workspace)
        assert rig.reasons(workspace) == {}
        assert rig.differences(workspace) == []
        struck, call = bool(rig.struck()[number]), call + 1
        rig.heal()
    assert call > 6


def test_an_allowance_that_is_spent_in_the_middle_of_a_window_parks_it_and_loses_nothing(rig: Rig) -> None:
    workspace = rig.new_workspace()
    rig.click_until_quiet(workspace)
    rig.change({"jobtitle": "Many"}, 3 * PAGE)
    rig.pass_time()
    rig.fault(kind="quota", used=625_000, calls="batch_read", after=1)
    rig.click(workspace)
    assert "used up" in rig.reasons(workspace)["contacts"]
    rig.heal()
    rig.fault(kind="quota", used=0)
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace) == []
