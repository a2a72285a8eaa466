"""A run of the clock's that fails again and again: launched with growing rests, and nothing is lost or told twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.crm.sync.windows import Dataset
from nooks_dagster.crm.work import start
from nooks_dagster.database.pool import Database
from nooks_dagster.definitions import build_defs
from nooks_dagster.ledger.ledger import Ledger
from tests.assets.conftest import Click, FakeCrmResource, materialized
from tests.crm.fake_crm import FakeCrm, at, row

Next = Callable[[], "dg.ExecuteInProcessResult | None"]


@pytest.fixture
def run_next(platform: Platform, instance: dg.DagsterInstance) -> Next:
    """Run what the dispatcher launches now, if anything."""
    job = build_defs({"crm": FakeCrmResource(platform), "io_manager": dg.mem_io_manager}).resolve_job_def(
        "crm_incremental_sync"
    )

    def run() -> dg.ExecuteInProcessResult | None:
        for launch in platform.launches.due(4, 3, ["crm/acme"]):
            tags = {"nooks/launch": launch.key}
            return job.execute_in_process(partition_key="acme", instance=instance, tags=tags, raise_on_error=False)
        return None

    return run


def watermark(db: Database) -> datetime:
    with db.transaction() as conn:
        ((mark,),) = conn.execute("SELECT watermark FROM crm.watermarks WHERE source_object = 'Account'").fetchall()
    assert isinstance(mark, datetime)
    return mark


def let_pass(db: Database, seconds: float) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE work.launches SET ended_at = ended_at - make_interval(secs => %s)", (seconds,))


def refuse(*_: Any) -> None:
    raise OSError("the disk of the manifest is on fire")


def test_three_failed_runs_move_no_watermark_and_the_fourth_brings_and_shows_everything(
    crm: FakeCrm, click: Click, run_next: Next, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm.write({"Account": [row(1)]}, minute=60)
    click()
    crm.write({"Account": [row(n, minute=70) for n in range(2, 9)]}, minute=80)
    with db.transaction() as conn:
        due = start("acme", "acme-salesforce", datetime.fromisoformat(at(75)))
        Ledger(db, "clock", timedelta()).plan(conn, [due])
    with monkeypatch.context() as broken:
        broken.setattr(Dataset, "publish", refuse)
        for rest in (5, 10, 20):
            failed = run_next()
            assert failed is not None
            assert not failed.success
            assert materialized(failed) == {}
            assert watermark(db) == datetime.fromisoformat(at(60))
            let_pass(db, rest - 2)
            assert run_next() is None
            let_pass(db, 2)
    healed = run_next()
    assert healed is not None
    assert materialized(healed)["crm/accounts"]["rows_inserted"].value == 7
    assert watermark(db) == datetime.fromisoformat(at(75))
    assert crm.fetched() == {"Account 0000": 2, "Account 0005": 1}  # the first by the history, too
    assert run_next() is None
