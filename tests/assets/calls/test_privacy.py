"""No personal data of calls in what Dagster, the ledger, the stages and the logs keep (I9).

Canaries stand in submissions, recordings, the CRM and in the errors of each stage; then every place is searched that
none of it may reach. Calls go through the real stages twice: in a worker's hands, and in a run of Dagster.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from nooks_dagster.calls.ingest.accepting import accept_all
from nooks_dagster.calls.ingest.keys import Keys
from nooks_dagster.calls.model import Outcome, Stage, StageWork, Task
from nooks_dagster.calls.pipeline.crew import Crew
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.wiring import platform_of
from nooks_dagster.crm.activities import Activity
from nooks_dagster.database.pool import Database
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger import verdicts
from nooks_dagster.ledger.items import WorkClass
from nooks_dagster.ledger.leases import LeaseKeeper
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.llm.door import Door
from nooks_dagster.workspaces.secrets import FileSecrets
from sandbox.calls.files import wav
from sandbox.calls.phrases.translating import PHRASES, Sentence
from sandbox.calls.speaking import Turn, speak
from tests.assets.calls.conftest import Click
from tests.assets.kept import kept_by_dagster, kept_in_schema
from tests.calls.delivery.fake_integration import FakeIntegration
from tests.calls.delivery.loops import open_loop, running, until
from tests.calls.hours import HOUR
from tests.calls.ingest.things import offer
from tests.calls.speech.things import ears
from tests.calls.stages.things import CONNECTION, connect, put
from tests.llm.conftest import chosen
from tests.llm.odd_provider import Json, Provider, Reply, serving

CALL_ID, NAME, EMAIL, PHONE, CARD = (
    "dial-canary",
    "Ada Canary",
    "ada.canary@example.com",
    "+14155552671",
    "4111 1111 1111 1111",
)
SPOKEN = {"rep": NAME, "company": "Canary", "phone": "+1 415 555 2672", "email": EMAIL, "card": CARD}
SENTENCE = "The card number is"
CANARIES = (CALL_ID, NAME, EMAIL, PHONE, "415 555 2671", SPOKEN["phone"], CARD, SENTENCE, "El número de la tarjeta")
FAILING = ("validate", "transcribe", "translate", "contact", "record")
SLOW = 16_000  # samples a second of the recording that the provider refuses to hear


@dataclass(frozen=True)
class Leaky:
    """A stage whose errors quote what it was given, for the call that is to fail in it."""

    work: StageWork

    @property
    def stage(self) -> Stage:
        return self.work.stage

    @property
    def version(self) -> str:
        return self.work.version

    def run(self, task: Task) -> Outcome:
        if task.call.call_id == f"{CALL_ID}-{self.stage}" and self.stage not in (Stage.TRANSCRIBE, Stage.TRANSLATE):
            raise ValueError(f"cannot use {CANARIES} of {task.call!r}") from KeyError(task.call.submission)
        return self.work.run(task)


def quoting(body: Json) -> Reply:
    """Hear and translate, but for what is to fail: then quote all of it, as providers do."""
    spanish = "file" not in body and "tarjeta" in body["input"]
    slow = "file" in body and body["file"][24:28] == SLOW.to_bytes(4, "little")
    if spanish or slow:
        return Reply(json.dumps({"error": {"message": f"Invalid: {CANARIES}", "type": "invalid"}}).encode(), 400)
    return ears(body)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with serving(quoting) as serves:
        yield serves


@pytest.fixture
def instance(instance_on_disk: dg.DagsterInstance) -> dg.DagsterInstance:
    return instance_on_disk


@pytest.fixture
def platform(db: Database, database_url: str, lake: Lake, tmp_path: Path, provider: Provider) -> Platform:
    settings = chosen(postgres_url=database_url, home=tmp_path, patience_seconds=5)
    real = platform_of(db, lake, settings, Door(db, settings, base_url=provider.url))
    return replace(real, works={stage: Leaky(work) for stage, work in real.works.items()})


def recording(lake: Lake, name: str) -> str:
    chance = random.Random(name)
    language = "es" if name == "translate" else "en"
    said = [Sentence(phrase, SPOKEN) for phrase in PHRASES if phrase.slots & {"phone", "card", "email"}]
    spoken = speak(
        [Turn("prospect", language, (one,)) for one in said], SLOW if name == "transcribe" else 8_000, chance
    )
    return lake.put(f"recordings/workspace=acme/day=2026-11-29/{name}.wav", wav(spoken), "audio/wav").uri


def send(db: Database, lake: Lake) -> None:
    """Accept a call that succeeds, some that are refused, and one for each stage that it fails in."""
    people = {"rep": {"name": NAME, "email": EMAIL}, "prospect": {"name": NAME, "email": EMAIL, "phone": PHONE}}
    lone: dict[str, Mapping[str, Any]] = {
        "refused": {"prospect": {"name": NAME}},
        "broken": {"recording": {"uri": lake.put("recordings/workspace=acme/x.wav", CARD.encode(), "audio/wav").uri}},
    }
    given = {name: {"recording": {"uri": recording(lake, name)}} for name in ("good", *FAILING)} | lone
    offers = [offer(f"{CALL_ID}-{name}", **{**people, "title": NAME, **more}) for name, more in given.items()]
    with db.transaction() as conn:
        accept_all(conn, offers, "test")
        conn.execute("update calls.calls set accepted_at = %s", [HOUR + timedelta(minutes=10)])


def work(platform: Platform) -> None:
    """Take calls until none is due, as a live worker does."""
    lease = timedelta(seconds=30)
    crew = Crew(platform, Ledger(platform.db, "worker", lease, "test"), LeaseKeeper(platform.db, lease, lease), 4)
    while crew.take(4, WorkClass.LIVE, WorkClass.HISTORY):
        assert crew.join(60)


def deliver(db: Database, folder: Path) -> None:
    """Try to deliver to a CRM whose errors quote what they were sent."""

    def refuse(activities: Sequence[Activity]) -> None:
        raise ValueError(f"cannot write {activities!r} of {CANARIES}") from KeyError(SENTENCE)

    crm = FakeIntegration(script=refuse)
    with running(open_loop(db, folder, crm)):
        until(lambda: len(crm.batches) > 1)


def as_expected(db: Database) -> None:
    """Fail unless one call is recorded, two are refused, and the others are dead, each in its stage."""
    with db.transaction() as conn:
        states = dict(conn.execute("select split_part(call_id, '-', 3), state from calls.calls").fetchall())
        dead = conn.execute("select stage from calls.stages where status = 'dead'").fetchall()
    assert states == {"good": "recorded", "refused": "refused", "broken": "refused", **dict.fromkeys(FAILING, "dead")}
    assert {stage for (stage,) in dead} == set(FAILING)


def found_in(texts: Iterator[str], canaries: Sequence[str] = CANARIES) -> set[str]:
    escaped = {
        canary: {canary, json.dumps(canary)[1:-1], canary.encode("unicode_escape").decode()} for canary in canaries
    }
    return {canary for text in texts for canary, forms in escaped.items() if any(form in text for form in forms)}


def kept_of_calls(db: Database) -> Iterator[str]:
    """Yield what is kept of calls beside what they are: stages, reasons, deliveries, replays."""
    with db.transaction() as conn:
        for table in ("stages", "recordings", "deliveries", "replays", "hours", "keys"):
            yield from (text for (text,) in conn.execute(f"select row_to_json(t)::text from calls.{table} t".encode()))
        yield from (text for (text,) in conn.execute("select coalesce(reason, '') from calls.calls"))


def test_nothing_personal_of_calls_reaches_dagster_the_ledger_the_stages_or_a_log(
    platform: Platform,
    click: Click,
    db: Database,
    lake: Lake,
    home: Path,
    tmp_path: Path,
    service_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.setattr(verdicts, "backoff", lambda *_: timedelta())
    connect(db)
    with db.transaction() as conn:
        conn.execute("insert into crm.writing (connection_id, ready) values (%s, true)", [CONNECTION])
    put(db, "contacts", [{"id": "c1", "name": NAME, "email": EMAIL, "phone": PHONE, "account_id": "a1"}])
    secret = Keys(db, FileSecrets(tmp_path / "secrets")).add("acme").secret
    send(db, lake)
    work(platform)
    as_expected(db)
    deliver(db, tmp_path)
    with db.transaction() as conn:
        conn.execute("delete from calls.stages")
    assert click(again=True).success
    as_expected(db)
    with db.transaction() as conn:
        ((text, redactions),) = conn.execute("select redacted_text, redactions from calls.records").fetchall()
    assert set(redactions) == {"phone", "email", "card"}
    assert found_in(iter([text])) == {SENTENCE}

    everything = (*CANARIES, secret)
    assert {CALL_ID, NAME, EMAIL, PHONE, SENTENCE} <= found_in(kept_in_schema(db, "calls"))  # the search finds
    assert found_in(kept_of_calls(db), everything) == set()
    for schema in ("work", "llm"):
        assert found_in(kept_in_schema(db, schema), everything) == set()
    assert any("call_logging" in text for text in kept_by_dagster(home))
    assert found_in(kept_by_dagster(home), everything) == set()
    logged = (service_folder / "postgres.log").read_text(errors="replace")
    printed = capfd.readouterr()
    assert found_in(iter([logged, caplog.text, printed.out, printed.err]), everything) == set()
