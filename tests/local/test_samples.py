"""What the sample workspaces are told of themselves."""

import pytest

from nooks_dagster.local.samples import INVESTORS, SAMPLES
from sandbox.sites.truth import own_investors


@pytest.mark.parametrize("workspace", SAMPLES)
def test_a_sample_has_the_investors_that_the_truth_of_its_signals_counts_as_its_own(workspace: str) -> None:
    assert list(INVESTORS[workspace]) == own_investors(workspace)
