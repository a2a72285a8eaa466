"""A platform with short waits, and a sandbox of its own whose faults do not meet other tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nooks_dagster.crm.salesforce import jobs, session
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from tests.crm.faults.rig import hurry, settings_of
from tests.crm.salesforce.faults.rig import Rig
from tests.crm.salesforce.world import World, served


@pytest.fixture(scope="session")
def faulty_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A sandbox with an org of 750 contacts and 600 tasks."""
    with served(Path(tmp_path_factory.mktemp("faulty")), accounts=150, job_seconds=0.05) as world:
        yield world


@pytest.fixture
def rig(
    faulty_world: World,
    db: Database,
    database_url: str,
    lake: Lake,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rig]:
    faulty_world.point(monkeypatch)
    hurry(monkeypatch)
    monkeypatch.setattr(session, "PAGE_ROWS", 200)  # the smallest page there is
    monkeypatch.setattr(jobs, "FIRST_LOOK", 0.05)
    rig = Rig(db, lake, settings_of(database_url, tmp_path), faulty_world)
    yield rig
    rig.heal()
