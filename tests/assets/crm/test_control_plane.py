"""No personal data in what Dagster, the ledger and the logs keep (I9).

Canaries stand in the CRM's rows and in the errors it raises; then every place is searched that no record may reach.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.reporting.stored import Stored
from nooks_dagster.crm.sync.runs import WorkspaceSync
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Permanent
from nooks_dagster.ledger import verdicts
from tests.assets.conftest import Click, sentence
from tests.assets.kept import kept_by_dagster, kept_in_schema
from tests.crm.fake_crm import FakeCrm, row

CANARIES = ("Ada Canary", "ada.canary@example.com", "+49 170 5550123", "00Dcanary!TOKEN")


class LeakyCrm(FakeCrm):
    """A CRM whose errors quote what its records hold."""

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        quoted = ValueError(f"cannot parse {CANARIES}")
        if source.name == "Contact":
            raise quoted
        if source.name == "Widget__c":
            raise Permanent("a row of it cannot be read", subject=source.name) from quoted
        return super().extract(source, chunk)


@pytest.fixture
def crm(tmp_path: Path) -> FakeCrm:
    return LeakyCrm(tmp_path / "crm.json")


@pytest.fixture
def instance(instance_on_disk: dg.DagsterInstance) -> dg.DagsterInstance:
    return instance_on_disk


def found_in(texts: Iterator[str]) -> set[str]:
    escaped = {canary: {canary, canary.encode("unicode_escape").decode()} for canary in CANARIES}
    return {canary for text in texts for canary, forms in escaped.items() if any(form in text for form in forms)}


def test_no_record_reaches_dagster_or_a_log_or_the_ledger(
    crm: FakeCrm,
    click: Click,
    db: Database,
    home: Path,
    service_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(verdicts, "backoff", lambda *_: timedelta())
    rows = [row(n, Name=canary, Score__c=n) for n, canary in enumerate(CANARIES)]
    crm.write({"Account": rows, "Contact": rows, "Widget__c": rows})
    assert click(selection=["crm/accounts"]).success
    assert not click(selection=["crm/contacts", "crm/custom_objects"]).success
    with db.transaction() as conn:
        conn.execute("ALTER TABLE crm.accounts ADD CONSTRAINT refusing CHECK (id <> '0050')")
    crm.write({"Account": [*rows, row(50, minute=70, Name=" ".join(CANARIES))]}, minute=80)
    assert not click(selection=["crm/accounts"]).success
    with db.transaction() as conn:
        conn.execute("ALTER TABLE crm.accounts DROP CONSTRAINT refusing")
    monkeypatch.setattr(WorkspaceSync, "stored", _quoting)
    crm.write({"Account": rows}, minute=90)
    failed = click(selection=["crm/accounts"], refresh=True)
    assert sentence(failed).startswith("unexpected ValueError at test_control_plane.py:")

    assert found_in(kept_in_schema(db, "crm")) == set(CANARIES)  # the search finds what is there
    assert found_in(kept_in_schema(db, "work")) == set()
    assert found_in(kept_by_dagster(home)) == set()
    logged = (service_folder / "postgres.log").read_text(errors="replace")
    printed = capfd.readouterr()
    assert found_in(iter([logged, caplog.text, printed.out, printed.err])) == set()


def _quoting(self: WorkspaceSync, canonical: str) -> Stored:
    raise ValueError(f"cannot count {CANARIES}") from KeyError(CANARIES[0])
