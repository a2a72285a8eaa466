"""How many rows may go without a person's word."""

import pytest

from nooks_dagster.crm.sweeps.guard import Withheld, check
from nooks_dagster.crm.work import WindowKind, WindowTask


def sweep(confirmed: int = 0) -> WindowTask:
    return WindowTask("acme", "acme-salesforce", "Lead", "leads", WindowKind.SWEEP, confirmed=confirmed)


@pytest.mark.parametrize(
    ("missing", "alive"), [(0, 0), (0, 9), (1, 2), (20, 21), (500, 1_000), (1_000, 2_001), (2_000, 100_000)]
)
def test_few_rows_or_a_small_share_go_by_themselves(missing: int, alive: int) -> None:
    check(sweep(), missing, alive)


@pytest.mark.parametrize(
    ("missing", "alive"), [(1, 1), (9, 9), (21, 41), (999, 1_000), (1_001, 50_000), (800_001, 40_000_000)]
)
def test_many_rows_wait_until_so_many_are_confirmed(missing: int, alive: int) -> None:
    for confirmed in (0, missing - 1):
        with pytest.raises(Withheld, match=f"{alive:,}"):
            check(sweep(confirmed), missing, alive)
    check(sweep(missing), missing, alive)
