"""The soak in small: whatever is killed while both CRMs live, the sync ends with the truth, by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.house import House
from tests.soak.soak import Soak, soakable
from tests.soak.victims import EVERYTHING, RUN, WORLD

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(1_200)]  # how long it takes is the machine's business

VICTIMS = (RUN, "postgres", "lake", "sandbox", WORLD, "daemon", EVERYTHING)


@pytest.fixture(scope="module")
def house(service_folder: Path) -> Iterator[House]:
    """A running platform with small worlds."""
    house = soakable(service_folder / "house", org=600, portal=100)
    try:
        house.nooks("up")
        yield house
    finally:
        house.remove()


def test_whatever_is_killed_while_both_crms_live_each_row_was_so_once_and_is_the_truth_in_the_end(house: House) -> None:
    verdict = Soak(house, seed=1, gap=(0.5, 2.0), rate=20).run(VICTIMS, len(VICTIMS), rebuild=False)
    assert verdict.never[:5] == []
    assert verdict.differences[:5] == []
    assert verdict.deliveries.too_late == []
    assert set(verdict.kills) >= set(VICTIMS) - {RUN}
    assert verdict.deliveries.pages >= 7 + 7  # The first of each object of the org, and of each type of the portal.
    assert verdict.changes > 100
