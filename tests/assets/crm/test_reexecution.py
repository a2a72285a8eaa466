"""A re-execution carries the tags of the run it repeats, and is a person's all the same."""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.definitions import build_defs
from tests.assets.conftest import FakeCrmResource
from tests.crm.fake_crm import FakeCrm, row

TAGS = {"nooks/launch": "crm/acme:1", "nooks/class": "history", "dagster/partition": "acme"}
Launch = Callable[..., Any]
standing: list[Platform] = []


def sync_job() -> dg.JobDefinition:
    return build_defs({"crm": FakeCrmResource(standing[0])}).resolve_job_def("crm_historical_sync")


@pytest.fixture
def launch(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, instance_on_disk: dg.DagsterInstance
) -> Iterator[Launch]:
    monkeypatch.setenv("NOOKS_POSTGRES_URL", platform.settings.postgres_url)
    monkeypatch.setenv("NOOKS_LAKE_BUCKET", "unused")
    standing.append(platform)
    job = dg.reconstructable(sync_job)
    yield lambda **more: dg.execute_job(job, instance=instance_on_disk, tags=TAGS, **more)
    standing.clear()


def test_a_run_that_a_person_repeats_fails_where_the_launched_one_succeeded_with_nothing(
    crm: FakeCrm, launch: Launch
) -> None:
    crm.write({"Account": [row(1)]}, objects="Permanent")
    first = launch()
    assert first.success
    assert not launch(reexecution_options=dg.ReexecutionOptions(parent_run_id=first.run_id)).success
