"""Calls as they are worked on: the official client, through the proxy, to a sandbox that hears and keeps books too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nooks_dagster.calls.model import Stage, Status
from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure
from nooks_dagster.lake.store import Lake
from sandbox.calls.files import wav
from sandbox.calls.speaking import Spoken
from tests.calls.speech.things import Bench, Held, conversation
from tests.llm.conftest import chosen
from tests.sandbox.process import Sandbox, point
from tests.sql import rows

IN_FLIGHT = 6
CALLS = 16
TERMS = {
    "audio_base_seconds": "0.05",
    "audio_speed": "400",
    "mean_seconds": "0.05",
    "p99_seconds": "0.2",
    "hang_seconds": "3",
    "server_errors": "0.08",
    "unanswered": "0.02",
    "invented_quotes": "0.1",
}
BOOKS = "select state, count(*)::int, sum(cost)::float from llm.purchases where kind = 'speech' group by 1"


@pytest.fixture
def bench(tmp_path: Path, db: Database, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    terms = [word for name, value in TERMS.items() for word in ("--openai", f"{name}={value}")]
    sandbox = Sandbox(tmp_path / "sandbox", "--org", "acme", "--accounts", "10", *terms)
    point(sandbox, monkeypatch)
    settings = chosen(
        OPENAI_API_KEY="sk-sandbox-acme", sandbox=True, llm_requests_in_flight=IN_FLIGHT, llm_live_requests=2
    )
    yield Bench(db, lake, None, settings, sandbox)
    sandbox.terminate()


def insisted(bench: Bench, held: Held) -> None:
    """Run both stages, each until it is done."""
    for work in (bench.transcribe, bench.translate):
        for _ in range(20):
            try:
                bench.run(work, held)
            except Failure:
                continue
            break


def texts(bench: Bench, held: Held, stage: Stage) -> tuple[str, str]:
    made = held.results[stage]
    assert made.handle is not None
    told = Transcript.model_validate_json(bench.lake.get(made.handle))
    rep, prospect = (" ".join(one.text for one in told.utterances if one.speaker is role) for role in Role)
    return rep, prospect


def said(spoken: Spoken, language: str | None = None) -> tuple[str, str]:
    rep, prospect = (
        " ".join(
            one.turn.translated(language) if language else one.turn.text for one in spoken.said if one.turn.role == role
        )
        for role in Role
    )
    return rep, prospect


def test_each_call_has_its_words_in_both_languages_and_both_books_agree(bench: Bench) -> None:
    spoken = [conversation(4, ("en", "es" if number % 2 else "en"), seed=number) for number in range(CALLS)]
    calls = [bench.call(wav(one)) for one in spoken]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda held: insisted(bench, held), calls))
    assert [texts(bench, held, Stage.TRANSCRIBE) for held in calls] == [said(one) for one in spoken]
    for number, held in enumerate(calls):
        if number % 2:
            assert texts(bench, held, Stage.TRANSLATE) == said(spoken[number], "en")
        else:
            assert held.results[Stage.TRANSLATE].status is Status.SKIPPED
    assert bench.sandbox is not None
    told = bench.sandbox.control("/control/openai/audio").json()
    books = {state: (count, usd) for state, count, usd in rows(bench.db, BOOKS)}
    assert set(books) <= {"settled", "unknown", "released"}
    unknown = books.get("unknown", (0, 0.0))
    assert books["settled"][0] == 2 * CALLS
    assert 2 * CALLS <= told["sold"] <= 2 * CALLS + unknown[0]
    assert told["usd"] <= books["settled"][1] + unknown[1]
    assert told["peak_in_flight"] <= IN_FLIGHT
