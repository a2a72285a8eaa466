"""The sandbox's dialer against the server itself: what the one sends, the other takes, recordings and all."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud import storage
from typer.testing import CliRunner

from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.door import Door
from sandbox.calls.dialer.planning import MIX
from sandbox.calls.dialer.truth import calls
from sandbox.cli import app
from tests.calls.ingest.judging import expected_of, made_of
from tests.calls.ingest.things import Server
from tests.calls.stages.things import connect, put
from tests.llm.conftest import chosen
from tests.sandbox.process import Sandbox, point
from tests.sql import rows

CRM = "initech-salesforce"


def test_every_kind_of_call_is_answered_as_the_dialer_expects(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.calls.dialer.sending.SECOND_COPY_SECONDS", 0.0)
    key = server.globex.key
    kinds = [word for kind in MIX for word in ("--mix", f"{kind}=1")]
    words = ["dial", "--state", str(tmp_path), "--to", f"http://127.0.0.1:{server.globex.port}", "--key", key.key]
    options = ["--secret", key.secret, "--calls", "60", "--rate", "60", "--seed", "3", "--length", "2", *kinds]
    done = CliRunner().invoke(app, [*words, *options])
    assert done.exit_code == 0, done.output
    truth = list(calls(tmp_path))
    expected = {"again": [202, 202], "other_body": [202, 409]}
    assert [row["statuses"] for row in truth] == [expected.get(row["kind"], [202]) for row in truth]
    accepted = dict(rows(server.db, "select call_id, id from calls.calls where call_id like 'dial-3-%'"))
    assert accepted == {row["call_id"]: row["id"] for row in truth}
    stored = "select submission->'recording'->>'uri' from calls.calls where call_id like 'dial-3-%'"
    names = {uri.removeprefix(f"gs://{server.bucket}/") for (uri,) in rows(server.db, stored) if uri}
    blobs = storage.Client(project="nooks").bucket(server.bucket).list_blobs(prefix="recordings/workspace=globex/")
    assert names == {blob.name for blob in blobs}
    assert json.loads(done.output)["answers"]["202"] + json.loads(done.output)["answers"]["409"] == len(truth)


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    served = Sandbox(tmp_path / "sandbox", "--org", "acme=60", "--openai", "time_scale=0")
    point(served, monkeypatch)
    yield served
    served.kill()


def test_what_should_come_of_a_call_comes_of_it(server: Server, sandbox: Sandbox, tmp_path: Path) -> None:
    connect(server.db, CRM)
    for table, sobject in (("contacts", "Contact"), ("leads", "Lead")):
        put(server.db, table, [person(row) for row in sandbox.truth(sobject) if not row["IsDeleted"]], CRM)
    key = server.initech.key
    kinds = [word for kind in {*MIX} - {"same_recording"} for word in ("--mix", f"{kind}=1")]
    words = ["dial", "--state", str(sandbox.state), "--to", f"http://127.0.0.1:{server.port}", "--key", key.key]
    more = ["--secret", key.secret, "--world", "acme", "--calls", "70", "--rate", "90", "--seed", "5", "--length", "12"]
    assert CliRunner().invoke(app, [*words, *more, "--flac", "--pool", "6", *kinds]).exit_code == 0
    lake = Lake(server.bucket)
    work(server, lake)
    made = made_of(server.db, lake, "initech")
    truth = {row["call_id"]: row for row in calls(sandbox.state)}
    assert not [(row["kind"], row["problem"], row["statuses"]) for row in truth.values() if not row["id"]]
    wrong = [
        (row["kind"], expected_of(row), made[name])
        for name, row in truth.items()
        if not expected_of(row).items() <= made[name].items()
    ]
    assert not wrong
    personal = [(name, told) for name, row in truth.items() for told in row.get("personal", ())]
    assert personal
    assert not [told for name, told in personal if told in made[name]["redacted"]]
    assert {row["kind"] for row in truth.values()} == set(MIX) - {"same_recording"}


def person(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of an org as the sync keeps it."""
    told = {"id": row["Id"], "name": row["Name"], "phone": row["Phone"], "mobile_phone": row["MobilePhone"]}
    told["email"] = row["Email"]
    if "AccountId" in row:
        return told | {"account_id": row["AccountId"]}
    return told | {"is_converted": row["IsConverted"], "converted_contact_id": row["ConvertedContactId"]}


def work(server: Server, lake: Lake) -> None:
    """Take the workspace's calls until none is due; those of other tests can wait."""
    with server.db.transaction() as conn:
        conn.execute("update work.items set due_at = now() + interval '1 h' where lane <> 'calls/initech'")
    settings = chosen(home=server.home, OPENAI_API_KEY="sk-sandbox-initech", sandbox=True, calls_in_hand=4)
    platform = platform_of(server.db, lake, settings, Door(server.db, settings))
    lease = timedelta(seconds=30)
    ledger = Ledger(server.db, "worker-1", lease, settings.release)
    crew = Crew(platform, ledger, LeaseKeeper(server.db, lease, lease), 4)
    while crew.take(4, WorkClass.LIVE, WorkClass.HISTORY):
        assert crew.join(60)
