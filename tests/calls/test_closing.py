"""Closing an hour folds what was said into one object and counts; killed anywhere and done again, nothing is lost."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from nooks_dagster.calls.closing.archive import Archive
from nooks_dagster.calls.closing.closing import Closed, Closing
from nooks_dagster.calls.closing.folding import Folding
from nooks_dagster.calls.platform import Platform
from nooks_dagster.calls.reporting.numbers import Which, totals
from nooks_dagster.calls.reporting.standing import hours
from nooks_dagster.calls.work import HOURS, SCOPE_OF_HOURS
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Transient
from nooks_dagster.lake.dataset import Dataset
from nooks_dagster.lake.handle import Handle
from nooks_dagster.lake.store import Lake
from nooks_dagster.ledger.items import NewItem, WorkClass
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.ledger.one_by_one import Missed
from nooks_dagster.settings import Settings
from tests.calls.hours import HOUR, Calls
from tests.nices import Called

FOLDER = f"calls/transcripts/hour={HOUR:%Y-%m-%dT%H}/workspace=acme"
Close = Callable[[], list[Closed | Missed]]


@pytest.fixture
def calls(db: Database, lake: Lake) -> Calls:
    return Calls(db, lake)


@pytest.fixture
def close(db: Database, lake: Lake, database_url: str, tmp_path: Path) -> Close:
    """Plan the closing of the hour, and do what is due."""
    platform = Platform(db, lake, Settings(postgres_url=database_url, home=tmp_path), None)
    ledger = Ledger(db, "clock", timedelta(seconds=30))
    planned: list[int] = []

    def run() -> list[Closed | Missed]:
        planned.append(1)
        payload = {"hour": HOUR.isoformat()}
        key = f"{HOUR.isoformat()}.{len(planned)}"
        item = NewItem(HOURS, SCOPE_OF_HOURS, SCOPE_OF_HOURS, key, payload, WorkClass.NIGHTLY)
        with db.transaction() as conn:
            ledger.plan(conn, [item])
        return list(Closing(platform, "run").beats())

    return run


def names(lake: Lake, folder: str = FOLDER) -> list[str]:
    return sorted(stored.name.rpartition("/")[2] for stored in lake.objects(f"{folder}/"))


def kinds(lake: Lake) -> list[str]:
    return sorted(name.rpartition(".")[2] for name in names(lake))


def outputs(db: Database) -> Iterator[tuple[int, Handle]]:
    with db.transaction() as conn:
        rows = conn.execute("select call, output from calls.stages where stage = 'transcribe'").fetchall()
    return ((call, Handle.from_json(output)) for call, output in rows)


def test_an_hour_becomes_one_object_a_workspace_and_its_numbers_and_gives_way_to_live_calls(
    calls: Calls, close: Close, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    folding = Called(monkeypatch, Folding, "fold")
    for took in (1.0, 2.0, 9.0):
        calls.add(took=took)
    calls.add(state="refused")
    calls.add(state="dead")
    calls.add(state="accepted")
    calls.add("globex")
    (closed,) = close()
    assert isinstance(closed, Closed)
    acme, globex = closed.numbers
    assert (acme.accepted, acme.recorded, acme.refused, acme.dead, acme.open) == (6, 3, 1, 1, 1)
    assert (acme.p50_ms, acme.p95_ms) == (2000, 9000)
    assert (globex.workspace, globex.recorded) == ("globex", 1)
    assert kinds(lake) == ["json", "parquet"]
    hour = Dataset.below(lake, f"calls/transcripts/hour={HOUR:%Y-%m-%dT%H}")
    frame = hour.to_pandas(["workspace", "call", "seq", "speaker", "text"])
    assert len(frame) == 8
    assert set(frame["workspace"]) == {"acme", "globex"}
    metrics = Dataset.below(lake, f"calls/metrics/hour={HOUR:%Y-%m-%dT%H}").to_pandas()
    assert (len(metrics), metrics["words"].sum()) == (4, 48)
    assert folding.gave_way


def test_a_call_that_is_recorded_weeks_later_has_a_time_too(calls: Calls, close: Close, db: Database) -> None:
    calls.add(took=30 * 86_400)
    (closed,) = close()
    assert isinstance(closed, Closed)
    assert closed.numbers[0].p95_ms == 30 * 86_400_000
    with db.transaction() as conn:
        assert totals(conn, Which([HOUR])).p95_ms == 30 * 86_400_000
        (standing,) = hours(conn, None, timedelta(days=1))
        assert standing.p95_ms == 30 * 86_400_000


def test_a_transcript_is_found_by_its_handle_after_its_object_is_gone(
    calls: Calls, close: Close, db: Database, lake: Lake
) -> None:
    for words in (["One."], ["Two.", "Three."], []):
        calls.add(words=words)
    close()
    archive = Archive(lake)
    assert {call: archive.transcript(call, handle) for call, handle in outputs(db)} == calls.said
    assert [name for name in names(lake) if name.startswith("call=")] == [f"call={max(calls.said)}-1.json"]


def test_a_late_transcript_and_one_that_took_anothers_place_go_in_beside_the_others(
    calls: Calls, close: Close, db: Database, lake: Lake
) -> None:
    first, second = calls.add(words=["One."]), calls.add(words=["Two."])
    close()
    archive = Archive(lake)
    assert {call: archive.transcript(call, handle) for call, handle in outputs(db)} == calls.said
    calls.transcribe(second, "acme", HOUR, ["Better."], datetime.now(UTC), fence=2)
    calls.add(words=["Late."])
    (again,) = close()
    assert isinstance(again, Closed)
    assert again.folded == 2
    assert sorted(Dataset(lake, FOLDER).to_pandas(["text"])["text"]) == ["Better.", "Late.", "One."]
    assert kinds(lake) == ["json", "parquet"]
    assert {call: archive.transcript(call, handle) for call, handle in outputs(db)} == calls.said
    assert first in calls.said


def test_a_folder_is_fetched_once_and_holds_up_nobody_who_reads_another(
    calls: Calls, close: Close, db: Database, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for workspace in ("acme", "acorn", "globex", "hooli", "initech", "umbrella"):
        calls.add(workspace)
    close()
    handles = list(outputs(db))
    archive, fetched, download = Archive(lake), [], Lake.download

    def other_calls() -> None:
        archive.keep(handles[0][1], calls.said[handles[0][0]])
        for call, handle in handles[2:]:
            archive.transcript(call, handle)

    def slowly(lake: Lake, handle: Handle, path: Path) -> None:
        fetched.append(handle.uri)
        if "workspace=acorn" in handle.uri:
            others = Thread(target=other_calls, daemon=True)
            others.start()
            others.join(60)
            assert not others.is_alive(), "They wait for this one."
        download(lake, handle, path)

    monkeypatch.setattr(Lake, "download", slowly)
    for call, handle in [*handles[1:], *handles]:
        assert archive.transcript(call, handle) == calls.said[call]
    assert len(fetched) == len(set(fetched)) == 5


def test_of_a_call_that_was_transcribed_again_the_older_object_goes_and_one_on_its_way_stays(
    calls: Calls, close: Close, lake: Lake
) -> None:
    call, quiet = calls.add(words=["Old."]), calls.add(words=["Heard in noise."])
    now = datetime.now(UTC)
    calls.transcribe(call, "acme", HOUR, ["New."], now, fence=10)
    calls.transcribe(quiet, "acme", HOUR, [], now, fence=2)
    lake.put(f"{FOLDER}/call={call}-11.json", b"{}", "application/json", 1)
    close()
    assert [name for name in names(lake) if name.startswith("call=")] == [
        f"call={call}-11.json",
        f"call={quiet}-2.json",
    ]
    assert Dataset(lake, FOLDER).to_pandas(["text"])["text"].tolist() == ["New."]


def test_a_transcription_that_fails_when_it_is_done_again_takes_nothing_from_the_hour(
    calls: Calls, close: Close, db: Database, lake: Lake
) -> None:
    calls.add(words=["One."])
    close()
    with db.transaction() as conn:
        conn.execute("update calls.stages set status = 'failing' where stage = 'transcribe'")
    calls.add(words=["Late."])
    close()
    assert Dataset(lake, FOLDER).to_pandas(["text"])["text"].tolist() == ["One.", "Late."]


def test_an_hour_in_which_nobody_said_anything_is_no_error_to_who_reads_it(
    calls: Calls, close: Close, lake: Lake
) -> None:
    calls.add(words=None)
    close()
    assert Dataset.below(lake, FOLDER).to_pandas().empty
    calls.add(words=["Late."])
    close()
    assert Dataset.below(lake, FOLDER).to_pandas(["text"])["text"].tolist() == ["Late."]


def test_closing_again_without_news_reads_and_writes_no_transcript(calls: Calls, close: Close, lake: Lake) -> None:
    calls.add()
    close()
    before = names(lake)
    (again,) = close()
    assert isinstance(again, Closed)
    assert (again.folded, names(lake)) == (0, before)


@pytest.mark.parametrize("deed", ["write", "fold", "remove"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_anywhere_and_done_again_nothing_is_lost(
    calls: Calls, close: Close, db: Database, lake: Lake, monkeypatch: pytest.MonkeyPatch, deed: str, *, after: bool
) -> None:
    for words in (["One."], ["Two."], ["Three."]):
        calls.add(words=words)
    owner = Lake if deed == "remove" else Dataset
    whole = getattr(owner, deed)

    def killed(*arguments: Any) -> None:
        if after:
            whole(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner, deed, killed)
        with pytest.raises(KeyboardInterrupt):
            close()
    archive = Archive(lake)
    assert {call: archive.transcript(call, handle) for call, handle in outputs(db)} == calls.said
    close()
    assert kinds(lake) == ["json", "parquet"]
    assert {call: archive.transcript(call, handle) for call, handle in outputs(db)} == calls.said


def test_a_worker_back_from_the_dead_replaces_nothing_of_its_successors(
    calls: Calls, close: Close, db: Database, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.add(words=["One."])
    close()
    calls.add(words=["Two."])
    known = {handle.uri.rpartition("/")[2]: handle for _, handle in outputs(db)}
    write = Dataset.write

    def writing_slowly(dataset: Dataset, *arguments: Any) -> Handle:
        part = write(dataset, *arguments)
        monkeypatch.undo()
        calls.add(words=["Three."])
        close()
        return part

    monkeypatch.setattr(Dataset, "write", writing_slowly)
    with pytest.raises(Transient, match="meanwhile"):
        Folding(lake, "zombie", lambda: None).fold(FOLDER, lambda: known)
    assert sorted(Dataset(lake, FOLDER).to_pandas(["text"])["text"]) == ["One.", "Three.", "Two."]


def test_a_transcript_that_is_nowhere_stops_its_hour_in_words_and_no_other(
    calls: Calls, close: Close, db: Database, lake: Lake
) -> None:
    calls.add(words=["One."])
    lake.remove([f"{FOLDER}/{name}" for name in names(lake)])
    (missed,) = close()
    assert isinstance(missed, Missed)
    assert "call=" in missed.reason
    with db.transaction() as conn:
        states = conn.execute("select state from work.items where queue = %s", (HOURS.name,)).fetchall()
    assert states == [("blocked",)]


def test_a_workspace_that_cannot_be_closed_holds_up_no_other_of_its_hour(
    calls: Calls, close: Close, db: Database, lake: Lake
) -> None:
    calls.add("acme", words=["One."])
    lake.remove([f"{FOLDER}/{name}" for name in names(lake)])
    calls.add("globex", words=["Two."])
    (missed,) = close()
    assert isinstance(missed, Missed)
    with db.transaction() as conn:
        assert conn.execute("select workspace, accepted from calls.hours").fetchall() == [("globex", 1)]
        # What failed is tried again though one behind it was closed.
        assert conn.execute("select progress from work.items where queue = %s", (HOURS.name,)).fetchall() == [({},)]
