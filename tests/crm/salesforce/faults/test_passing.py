"""A source that stumbles: whatever passes by itself ends with the truth, while it goes on stumbling."""

import pytest

from tests.crm.salesforce.faults.kinds import PASSING
from tests.crm.salesforce.faults.rig import Rig


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_comes_and_goes_leaves_the_truth(rig: Rig, name: str) -> None:
    workspace = rig.new_workspace()
    number = rig.fault(**PASSING[name])
    rig.click_until_quiet(workspace)
    assert rig.struck()[number] > 0
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []
