"""A source that stumbles: whatever passes by itself ends with the truth, while it goes on stumbling."""

import pytest

from tests.crm.hubspot.faults.kinds import LIES, ONE_BY_ONE, PASSING, Words
from tests.crm.hubspot.faults.rig import OAUTH, Rig


def check(rig: Rig, faults: list[Words]) -> None:
    """Sync a history and what changes after it, with faults all the time."""
    rig.secret = OAUTH
    workspace = rig.new_workspace()
    for words in faults:
        rig.fault(**words)
    rig.click_until_quiet(workspace)
    rig.edit()
    rig.click_until_quiet(workspace)
    assert all(rig.struck().values()), rig.struck()
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


@pytest.mark.parametrize("name", PASSING)
def test_a_call_that_fails_now_and_then_leaves_the_truth(rig: Rig, name: str) -> None:
    check(rig, PASSING[name])


@ONE_BY_ONE
@pytest.mark.parametrize("name", LIES)
def test_a_page_that_lies_now_and_then_leaves_the_truth(rig: Rig, name: str) -> None:
    check(rig, LIES[name])


def test_faults_of_the_line_that_meet_leave_the_truth(rig: Rig) -> None:
    names = ["dead tokens", "cut connections and bodies", "slow pages"]
    check(rig, [words for name in names for words in PASSING[name]])


@ONE_BY_ONE
def test_pages_that_lie_in_every_way_leave_the_truth(rig: Rig) -> None:
    check(rig, [words for faults in LIES.values() for words in faults])
