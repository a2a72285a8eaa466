"""Transcribing a call: each channel by itself, each paid for once, whatever goes wrong."""

import io
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from nooks_dagster.calls.audio import pieces
from nooks_dagster.calls.audio.reading import Unreadable
from nooks_dagster.calls.model import Stage, Status
from nooks_dagster.calls.submission import Role
from nooks_dagster.calls.transcript import Transcript
from nooks_dagster.failures import Failure, LostLease, Permanent, SourceDown
from nooks_dagster.llm.door import Door
from nooks_dagster.llm.outcomes import Unusable
from sandbox.calls.files import wav, wav_of
from tests.calls.speech.things import Bench, Held, conversation, ears
from tests.llm.conftest import chosen
from tests.llm.odd_provider import Json, Provider, Reply, error, heard
from tests.sql import rows

SPOKEN = conversation(6, ("en", "es"))
STATES = "select state, reason, count(*)::int from llm.purchases group by 1, 2 order by 1, 2"


def transcript(bench: Bench, held: Held) -> Transcript:
    made = held.results[Stage.TRANSCRIBE]
    assert made.handle is not None
    return Transcript.model_validate_json(bench.lake.get(made.handle))


def texts(told: Transcript, speaker: Role | None) -> str:
    return " ".join(one.text for one in told.utterances if one.speaker is speaker)


def test_each_party_is_told_by_its_channel_and_paid_for_once(bench: Bench, provider: Provider) -> None:
    held = bench.call(wav(SPOKEN))
    outcome = bench.run(bench.transcribe, held)
    told = transcript(bench, held)
    assert (texts(told, Role.REP), texts(told, Role.PROSPECT)) == (SPOKEN.text("rep"), SPOKEN.text("prospect"))
    assert [one.seq for one in told.utterances] == list(range(len(told.utterances)))
    assert [one.start_ms for one in told.utterances] == sorted(one.start_ms for one in told.utterances)
    assert {one.language for one in told.utterances if one.speaker is Role.PROSPECT} == {"es"}
    assert outcome.made.handle is not None
    assert outcome.made.handle.rows == len(told.utterances)
    facts = outcome.made.facts
    assert (facts["pieces"], facts["models"], facts["reused"]) == (2, ["gpt-transcribe"], 0)
    assert isinstance(facts["languages"], dict)
    assert set(facts["languages"]) == {"en", "es"}
    assert rows(bench.db, STATES) == [("settled", "", 2)]


def test_both_channels_are_heard_at_the_same_time(bench: Bench, provider: Provider) -> None:
    both = threading.Barrier(2, timeout=60)

    def script(body: Json) -> Reply:
        both.wait()
        return ears(body)

    provider.script = script
    bench.run(bench.transcribe, bench.call(wav(SPOKEN)))
    assert provider.peak == 2


def test_estimated_times_lie_where_the_turns_were_spoken(bench: Bench) -> None:
    held = bench.call(wav(SPOKEN))
    bench.run(bench.transcribe, held)
    for said in SPOKEN.said:
        near = [one for one in transcript(bench, held).utterances if one.speaker == said.turn.role]
        assert min(abs(one.start_ms - 1000 * said.start) for one in near) < 500


@pytest.mark.parametrize("said", [{"rep": 1, "prospect": 0}, {"prospect": 0}], ids=["both", "one of them"])
def test_channels_are_the_parties_that_the_dialer_says(bench: Bench, said: dict[str, int]) -> None:
    held = bench.call(wav(SPOKEN), said)
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), Role.PROSPECT) == SPOKEN.text("rep")
    assert texts(transcript(bench, held), Role.REP) == SPOKEN.text("prospect")


def test_of_more_channels_than_two_those_that_one_name_leaves_are_heard_and_tell_no_speaker(bench: Bench) -> None:
    samples = np.hstack([SPOKEN.samples, np.zeros_like(SPOKEN.samples[:, :1])])
    held = bench.call(wav_of(samples, SPOKEN.rate), {"prospect": 0})
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), None) == SPOKEN.text("prospect")


@pytest.mark.parametrize("twice", [False, True], ids=["mono", "the same on both channels"])
def test_one_channel_of_both_parties_tells_no_speaker_and_is_heard_once(
    bench: Bench, provider: Provider, twice: bool
) -> None:
    one = SPOKEN.samples[:, :1]
    held = bench.call(wav_of(np.repeat(one, 2, axis=1) if twice else one, SPOKEN.rate))
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), None) == SPOKEN.text("rep")
    assert len(provider.asked) == 1


def test_a_silent_channel_is_not_sent(bench: Bench, provider: Provider) -> None:
    samples = SPOKEN.samples.copy()
    samples[:, 1] = 0
    held = bench.call(wav_of(samples, SPOKEN.rate))
    bench.run(bench.transcribe, held)
    assert len(provider.asked) == 1
    silent = bench.call(wav_of(np.zeros_like(samples), SPOKEN.rate))
    assert bench.run(bench.transcribe, silent).made.handle is not None
    assert transcript(bench, silent).utterances == ()
    assert len(provider.asked) == 1


def test_how_much_of_a_recording_nobody_could_read_is_told(bench: Bench) -> None:
    whole = wav(SPOKEN)
    held = bench.call(whole[: len(whole) // 2])
    told = len(SPOKEN.samples) * 1000 // SPOKEN.rate
    held.results[Stage.VALIDATE] = replace(held.results[Stage.VALIDATE], facts={"ms": told})
    made = bench.run(bench.transcribe, held).made
    assert made.facts["ms"] == transcript(bench, held).duration_ms < told - 1000
    assert made.reason.startswith(f"Of the {told / 1000:.0f} s that the recording tells ")


def test_a_call_without_a_recording_is_skipped(bench: Bench, provider: Provider) -> None:
    assert bench.run(bench.transcribe, bench.call(None)).made.status is Status.SKIPPED
    assert provider.asked == []


@pytest.fixture
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "LONGEST_MS", 12_000)
    monkeypatch.setattr(pieces, "LOOK_MS", 6_000)


def test_a_long_recording_is_heard_in_pieces_and_has_each_word_once(
    bench: Bench, provider: Provider, short_pieces: None
) -> None:
    spoken = conversation(24, seed=5)
    held = bench.call(wav(spoken))
    outcome = bench.run(bench.transcribe, held)
    told = transcript(bench, held)
    assert (texts(told, Role.REP), texts(told, Role.PROSPECT)) == (spoken.text("rep"), spoken.text("prospect"))
    assert outcome.made.facts["pieces"] == len(provider.asked) >= 8
    assert provider.peak <= 4
    assert rows(bench.db, STATES) == [("settled", "", len(provider.asked))]
    assert rows(bench.db, "select 1 from calls.pieces") == []


def test_who_speaks_without_a_pause_is_cut_and_joined(bench: Bench, provider: Provider, short_pieces: None) -> None:
    spoken = conversation(30, seed=7)
    channel = spoken.samples[:, 0]
    loud = np.abs(channel.astype(np.int32)) > 500
    keep = np.convolve(loud, np.ones(320), "same") > 0  # 20 ms around each word: no pause is long enough for a cut
    held = bench.call(wav_of(channel[keep][:, None], spoken.rate))
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), None) == spoken.text("rep")
    assert len(provider.asked) > 2


def test_a_large_recording_is_read_from_a_file(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nooks_dagster.calls.stages.transcribe.SMALL", 1000)
    held = bench.call(wav(SPOKEN))
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), Role.REP) == SPOKEN.text("rep")
    assert list(Path(bench.lake.scratch).iterdir()) == []


def failing(which: int, reply: Reply) -> "Script":
    return Script(which, reply)


class Script:
    """Hears well, but for one request."""

    def __init__(self, which: int, reply: Reply) -> None:
        self.which, self.reply, self.seen = which, reply, 0
        self.lock = threading.Lock()

    def __call__(self, body: Json) -> Reply:
        with self.lock:
            self.seen += 1
            seen = self.seen
        return self.reply if seen == self.which else ears(body)


def test_a_channel_that_failed_does_not_cost_the_other_once_more(bench: Bench, provider: Provider) -> None:
    held = bench.call(wav(SPOKEN))
    provider.script = failing(2, error(500))
    with pytest.raises(Failure, match="The provider failed"):
        bench.transcribe.run(held)
    assert rows(bench.db, STATES) == [("settled", "", 1), ("unknown", "Unanswered", 1)]
    outcome = bench.run(bench.transcribe, held)
    assert (outcome.made.facts["pieces"], outcome.made.facts["reused"]) == (2, 1)
    assert len(provider.asked) == 3
    told = transcript(bench, held)
    assert (texts(told, Role.REP), texts(told, Role.PROSPECT)) == (SPOKEN.text("rep"), SPOKEN.text("prospect"))
    assert rows(bench.db, "select 1 from calls.pieces") == []


def test_audio_that_the_provider_refuses_is_permanent_and_costs_nothing(bench: Bench, provider: Provider) -> None:
    provider.script = lambda _body: error(400, "invalid_value")
    with pytest.raises(Permanent, match=r"call \d+: The provider refused the request .* Listen to the recording"):
        bench.transcribe.run(bench.call(wav(SPOKEN)))
    assert {row[0] for row in rows(bench.db, STATES)} == {"released"}


@pytest.mark.parametrize("recording", [b"no audio at all", wav(SPOKEN)[:30]])
def test_what_nobody_can_read_is_not_sent(bench: Bench, provider: Provider, recording: bytes) -> None:
    with pytest.raises(Unreadable):
        bench.transcribe.run(bench.call(recording))
    assert provider.asked == []


def test_in_an_outage_no_recording_is_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(_door: Door) -> None:
        raise SourceDown("It answers nobody.", subject="OpenAI")

    monkeypatch.setattr(Door, "peek", down)
    with pytest.raises(SourceDown):
        bench.transcribe.run(bench.call(b"no audio at all"))


def test_a_model_that_nobody_sells_accuses_no_call(bench: Bench, provider: Provider) -> None:
    misspelt = replace(bench, settings=chosen(calls_transcription_model="gpt-transcrib"))
    with pytest.raises(Unusable, match=r"none for gpt-transcrib on .*NOOKS_CALLS_TRANSCRIPTION_MODEL"):
        misspelt.transcribe.run(bench.call(wav(SPOKEN)))
    assert provider.asked == []


def test_a_channel_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(Unreadable, match="not one of number 3"):
        bench.transcribe.run(bench.call(wav(SPOKEN), {"rep": 0, "prospect": 3}))


def test_over_the_cap_the_call_goes_on_without_a_transcript(bench: Bench, provider: Provider) -> None:
    with bench.db.transaction() as conn:
        conn.execute("insert into llm.caps (workspace, kind, usd) values ('acme', '', 0.00001)")
    made = bench.run(bench.transcribe, bench.call(wav(SPOKEN))).made
    assert (made.status, made.handle) == (Status.DEFERRED, None)
    assert "cap of acme" in made.reason
    assert provider.asked == []


def test_who_lost_the_call_keeps_nothing_and_says_what_was_paid(bench: Bench, provider: Provider) -> None:
    held = bench.call(wav(SPOKEN))

    def lose(body: Json) -> Reply:
        held.lost = True
        return ears(body) if len(provider.asked) == 1 else error(500)

    provider.script = lose
    with pytest.raises(LostLease):
        bench.transcribe.run(held)
    assert rows(bench.db, "select 1 from calls.pieces") == []
    assert ("settled", "the call was lost to another worker", 1) in rows(bench.db, STATES)
    assert rows(bench.db, "select 1 from llm.purchases where state = 'reserved'") == []


def test_times_are_told_where_the_model_tells_them(bench: Bench, provider: Provider) -> None:
    segments = [{"start": 0.25, "end": 1.0, "text": " Hello."}]
    provider.script = lambda _body: heard("Hello.", languages=None, segments=segments)
    timed = Bench(bench.db, bench.lake, provider.url, chosen(calls_transcription_model="whisper-1"))
    held = timed.call(wav_of(SPOKEN.samples[:, :1], SPOKEN.rate))
    timed.run(timed.transcribe, held)
    (one,) = transcript(timed, held).utterances
    assert (one.text, one.timing, one.language) == ("Hello.", "told", "en")


def test_what_is_kept_of_a_call_says_nothing_of_what_was_said(bench: Bench) -> None:
    made = bench.run(bench.transcribe, bench.call(wav(SPOKEN))).made
    words = {word for word in SPOKEN.text("rep").split() if len(word) > 4}
    assert not [word for word in words if word in f"{made.facts} {made.reason}"]


def test_other_formats_are_heard_as_they_are(bench: Bench) -> None:
    out = io.BytesIO()
    soundfile.write(out, SPOKEN.samples, SPOKEN.rate, format="FLAC", subtype="PCM_16")
    held = bench.call(out.getvalue())
    bench.run(bench.transcribe, held)
    assert texts(transcript(bench, held), Role.PROSPECT) == SPOKEN.text("prospect")


def test_a_long_recording_keeps_each_piece_as_soon_as_it_is_paid_for(
    bench: Bench, provider: Provider, short_pieces: None
) -> None:
    found: list[int] = []

    def script(body: Json) -> Reply:
        if len(provider.asked) == 8:
            found.append(len(rows(bench.db, "select 1 from calls.pieces")))
        return ears(body)

    provider.script = script
    bench.run(bench.transcribe, bench.call(wav(conversation(24, seed=5))))
    assert found[0] >= 4  # four were under way
