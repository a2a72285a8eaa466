"""A platform with short waits, and a sandbox of its own whose faults do not meet other tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from tests.crm.faults.rig import hurry, settings_of
from tests.crm.hubspot.faults.rig import PAGE, SHORTENED, Rig
from tests.crm.hubspot.served_portal import ServedPortal, served


@pytest.fixture(scope="package")
def faulty_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPortal]:
    """A sandbox with a portal of 24 companies."""
    with served(tmp_path_factory.mktemp("faulty"), accounts=24) as portal:
        yield portal


@pytest.fixture
def rig(
    request: pytest.FixtureRequest,
    faulty_portal: ServedPortal,
    db: Database,
    database_url: str,
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    """A rig whose calls come four at a time, or one after the other where the test says `ONE_BY_ONE`."""
    faulty_portal.point(monkeypatch)
    hurry(monkeypatch)
    for module, most in SHORTENED:
        monkeypatch.setattr(module, most, PAGE)
    rig = Rig(db, lake, settings_of(database_url, tmp_path, getattr(request, "param", 4)), faulty_portal)
    yield rig
    rig.heal()
