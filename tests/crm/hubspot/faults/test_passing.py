"""A source that stumbles: whatever passes by itself ends with the truth, while it goes on stumbling."""

import pytest

from tests.crm.hubspot.faults.kinds import LIES, ONE_BY_ONE, PASSING, Words
from tests.crm.hubspot.faults.rig import OAUTH, Rig

OF_THE_LINE = ["dead tokens", "cut connections and bodies", "slow pages"]
"""They meet; any other fault comes alone."""


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


@pytest.mark.parametrize(
    "names", [OF_THE_LINE, *([name] for name in PASSING if name not in OF_THE_LINE)], ids=", ".join
)
def test_calls_that_fail_now_and_then_leave_the_truth(rig: Rig, names: list[str]) -> None:
    check(rig, [words for name in names for words in PASSING[name]])


@ONE_BY_ONE
@pytest.mark.parametrize("names", [[*LIES], ["lists that end in the middle"]], ids=", ".join)
def test_pages_that_lie_now_and_then_leave_the_truth(rig: Rig, names: list[str]) -> None:
    check(rig, [words for name in names for words in LIES[name]])
