"""A source that stumbles: whatever passes by itself ends with the truth, while it goes on stumbling.

Every two of thirteen faults are in force together once, and a token dies at every call of a sync. They meet as on the
lines of the projective plane of order 3: thirteen of four points each, any two of which lie on exactly one.
"""

import pytest

from tests.crm.salesforce.faults.kinds import PASSING
from tests.crm.salesforce.faults.rig import Rig

POINTS = [
    "dead tokens",
    "429 with a page",
    "503 without a body",
    "a spent allowance",
    "cut connections",
    "cut bodies",
    "a gzip stream that ends early",
    "short pages",
    "pages of others",
    "rows that come twice",
    "lost cursors",
    "lost jobs",
    "jobs that fail",
]
LINES = [[POINTS[(start + step) % 13] for step in (0, 1, 3, 9)] for start in range(13)]
ALONE = [[name] for name in PASSING if name not in POINTS]


@pytest.mark.parametrize("names", [*LINES, *ALONE], ids=", ".join)
def test_faults_that_come_and_go_leave_the_truth(rig: Rig, names: list[str]) -> None:
    workspace = rig.new_workspace()
    for name in names:
        rig.fault(**PASSING[name])
    rig.click_until_quiet(workspace)
    assert all(rig.struck().values()), rig.struck()
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []


@pytest.mark.parametrize("first", range(10))
def test_a_token_that_dies_at_any_call_is_renewed(rig: Rig, first: int) -> None:
    workspace = rig.new_workspace()
    rig.fault(kind="dead_token", after=first, every=10)
    rig.click(workspace)
    assert rig.reasons(workspace) == {}
    assert rig.differences(workspace)[:5] == []
