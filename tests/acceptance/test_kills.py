"""Kill -9 of each process in mid-sync, a reboot, a run that keeps failing: the sync ends with the truth, by itself."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.acceptance.house import House

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def house(service_folder: Path) -> Iterator[House]:
    """A running platform with a small world, whose dead are noticed by those who saw them, not by their silence."""
    settings = {"NOOKS_SANDBOX_ACCOUNTS": 2_000, "NOOKS_LEASE_SECONDS": 3, "NOOKS_SILENCE_SECONDS": 600}
    house = House(service_folder / "house", settings)
    try:
        house.nooks("up")
        yield house
    finally:
        house.remove()


def kill(*victims: psutil.Process) -> None:
    for victim in victims:
        victim.send_signal(signal.SIGKILL)
    psutil.wait_procs(victims, timeout=10)


def test_killing_each_process_in_mid_sync_loses_nothing_and_doubles_nothing(house: House) -> None:
    kill(house.worker_in_flight("acme"))
    for service in ("postgres", "lake", "daemon"):
        house.worker_in_flight("acme")
        kill(house.family(service)[0])
    house.until_nothing_is_open("acme")
    assert house.differences("acme")[:5] == []


def test_after_a_reboot_nooks_up_is_all_it_takes(house: House) -> None:
    house.connect("rebooted")
    house.worker_in_flight("rebooted")
    kill(*house.everything())
    house.nooks("up")
    house.until_nothing_is_open("rebooted")
    assert house.differences("rebooted")[:5] == []
    house.until(lambda: house.runs("rebooted").keys() == {"CANCELED", "SUCCESS"}, "no run left over")


def test_a_run_that_failed_three_times_in_a_row_does_not_wedge_its_lane(house: House) -> None:
    scratch = house.root / ".nooks" / "scratch"
    shutil.rmtree(scratch)
    scratch.write_text("no folder")
    house.connect("unlucky")

    def failed_three_times() -> bool:
        house.let_rest("unlucky")
        return house.runs("unlucky").get("FAILURE", 0) >= 3

    house.until(failed_three_times, "three failed runs")
    scratch.unlink()
    house.let_rest("unlucky")
    house.until_nothing_is_open("unlucky")
    assert house.differences("unlucky")[:5] == []
