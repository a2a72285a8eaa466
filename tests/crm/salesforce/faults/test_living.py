"""An org that lives while it is read: what is seen late arrives all the same, what cannot be seen is not deleted."""

from collections.abc import Iterator

import pytest

from nooks_dagster.crm.work import WindowKind
from tests.crm.salesforce.faults.rig import Rig
from tests.crm.salesforce.world import World, served

MINUTE = 60


@pytest.fixture(scope="module")
def faulty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox of these tests alone: what they change would be young in all others."""
    with served(tmp_path_factory.mktemp("living"), accounts=150, job_seconds=0.05) as world:
        yield world


def of_the_table(rig: Rig, workspace: str) -> list[str]:
    """What differs in the tables. The minutes before a watermark are read twice, so the lake has some rows twice."""
    return [sentence for sentence in rig.differences(workspace) if "landed" not in sentence]


def test_a_transaction_of_twenty_minutes_across_the_start_of_the_history_loses_nothing(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    rows = living.live("Contact", 9)
    transaction = living.begin()
    living.edit("Contact", rows, {"Department": "Late"}, transaction)
    living.insert("Contact", rows[0], {"Department": "Late and new"}, transaction)
    living.advance(10 * MINUTE)
    rig.click_until_quiet(workspace)  # the history
    living.advance(10 * MINUTE)
    living.edit("Contact", living.live("Contact", 5, 0.5), {"Department": "Meanwhile"})
    rig.click(workspace)  # a window that the source holds back
    living.end(transaction)
    assert len(of_the_table(rig, workspace)) >= len(rows) + 1
    living.advance(10 * MINUTE)
    rig.click_until_quiet(workspace)
    assert of_the_table(rig, workspace) == []


def test_a_row_that_is_seen_four_minutes_after_its_stamp_arrives(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    transaction = living.begin(told=False)
    row = living.live("Contact", 1, 0.2)[0]
    living.edit("Contact", [row], {"Department": "Four minutes"}, transaction)
    living.insert("Contact", row, {}, transaction)
    living.advance(4 * MINUTE - 1)
    rig.click_until_quiet(workspace)
    living.end(transaction)
    assert of_the_table(rig, workspace) != []
    living.advance(6 * MINUTE)
    rig.click(workspace)
    assert of_the_table(rig, workspace) == []


def test_a_permission_that_is_lost_on_one_object_deletes_nothing_and_the_others_go_on(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    rig.click_until_quiet(workspace)
    rig.alter("hide", object="Task")
    for round_ in range(3):
        living.edit("Contact", living.live("Contact", 3, 0.3), {"Department": f"round {round_}"})
        living.advance(10 * MINUTE)
        rig.click(workspace)
        assert set(rig.reasons(workspace)) <= {"Task"}
    rig.heal()
    assert of_the_table(rig, workspace) == []  # Every task is still there, every contact is new.
    living.edit("Task", living.live("Task", 3), {"Outcome__c": "Connected"})
    living.advance(10 * MINUTE)
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert of_the_table(rig, workspace) == []


def test_a_token_that_dies_at_the_first_the_second_the_third_call_of_a_window_is_renewed(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    rig.click_until_quiet(workspace)
    call, struck = 0, True
    while struck:
        living.edit("Contact", living.live("Contact", 3, 0.7), {"Department": f"call {call}"})
        living.advance(10 * MINUTE)
        number = rig.fault(kind="dead_token", after=call, times=1)
        rig.click(workspace, WindowKind.INCREMENTAL)
        assert rig.reasons(workspace) == {}
        assert of_the_table(rig, workspace) == []
        struck, call = bool(rig.struck()[number]), call + 1
        rig.heal()
    assert call > 6


def test_an_allowance_that_is_spent_in_the_middle_of_a_window_parks_it_and_loses_nothing(rig: Rig) -> None:
    living, workspace = rig.living, rig.new_workspace()
    rig.click_until_quiet(workspace)
    living.edit("Contact", living.live("Contact", 450), {"Department": "Many"})
    living.delete("Contact", living.live("Contact", 4, 0.9))
    living.advance(10 * MINUTE)
    rig.fault(kind="quota", used=115_000, calls="query_more")
    rig.click(workspace)
    assert "used up" in rig.reasons(workspace)["Contact"]
    rig.heal()
    rig.fault(kind="quota", used=0)
    rig.click_until_quiet(workspace)
    assert rig.reasons(workspace) == {}
    assert of_the_table(rig, workspace) == []
