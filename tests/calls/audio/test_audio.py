"""Reading recordings, finding voice in them, cutting them without a sample changed."""

import io
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from nooks_dagster.calls.audio import reading
from nooks_dagster.calls.audio.encoding import wav
from nooks_dagster.calls.audio.pieces import AROUND_MS, SHARED_MS, longest_ms, pieces
from nooks_dagster.calls.audio.reading import Audio, Unreadable
from nooks_dagster.calls.audio.voice import Span, loudness, spans
from tests.calls.audio.sounds import RATE, channel, read_back, recording


def chunk(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


REP = channel(8, (0.5, 2.0), (5.0, 7.5))
PROSPECT = channel(8, (2.5, 4.5), seed=2)
FORMAT = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, RATE, 4 * RATE, 4, 16))
PCM = np.stack([REP, PROSPECT], axis=1).tobytes()


@pytest.mark.parametrize(
    ("form", "subtype", "rate"),
    [
        ("WAV", "PCM_16", 8000),
        ("WAV", "PCM_16", 11025),
        ("WAV", "ULAW", 8000),
        ("WAV", "ALAW", 8000),
        ("WAV", "PCM_24", 48000),
        ("WAV", "FLOAT", 16000),
        ("WAVEX", "PCM_16", 16000),
        ("RF64", "PCM_16", 16000),
        ("FLAC", None, 44100),
        ("OGG", "VORBIS", 16000),
        ("OGG", "OPUS", 48000),
        ("MP3", None, 44100),
    ],
)
def test_voice_is_found_in_each_channel_of_each_format(form: str, subtype: str | None, rate: int) -> None:
    both = [channel(8, (0.5, 2.0), (5.0, 7.5), rate=rate), channel(8, (2.5, 4.5), rate=rate, seed=2)]
    with Audio(recording(*both, rate=rate, form=form, subtype=subtype)) as audio:
        heard = loudness(audio.blocks(), audio.rate)
    assert (len(heard.levels), heard.one_voice) == (2, False)
    assert abs(heard.ms - 8000) < 100
    found = [spans(levels, heard.ms) for levels in heard.levels]
    for got, expected in zip(found, ([(500, 2000), (5000, 7500)], [(2500, 4500)]), strict=True):
        assert len(got) == len(expected)
        for span, (start, end) in zip(got, expected, strict=True):
            assert abs(span.start - start) < 120
            assert abs(span.end - end) < 120


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT", "PCM_U8"])
def test_a_piece_holds_the_very_samples_of_its_channel_at_their_own_rate(subtype: str) -> None:
    data = recording(REP, PROSPECT, subtype=subtype)
    wanted, _ = soundfile.read(io.BytesIO(data), dtype="float64")
    with Audio(data) as audio:
        piece = wav(audio.cut(1, 1234, 4321), audio.rate, audio.subtype)
    samples, rate = soundfile.read(io.BytesIO(piece), dtype="float64")
    assert rate == RATE
    assert samples.tolist() == wanted[1234 * 8 : 4321 * 8, 1].tolist()


def test_a_piece_can_be_read_by_others_than_the_library_that_wrote_it() -> None:
    with Audio(recording(REP, PROSPECT)) as audio:
        assert read_back(wav(audio.cut(0, 0, 8000), audio.rate, audio.subtype)) == (REP.tolist(), RATE)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_header_that_was_never_finished_hides_nothing(size: int) -> None:
    data = bytearray(recording(REP, PROSPECT))
    struct.pack_into("<I", data, 40, size)
    struct.pack_into("<I", data, 4, size)
    with Audio(bytes(data)) as audio:
        assert sum(len(block) for block in audio.blocks()) == len(REP)
        assert audio.cut(0, 0, 8000).tolist() == REP.tolist()


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
def test_what_is_left_of_a_recording_that_was_cut_off_is_read(form: str) -> None:
    long = channel(40, (1, 39), seed=3)
    data = recording(long, long[::-1], form=form)
    with Audio(data[: len(data) // 2]) as audio:
        assert loudness(audio.blocks(), audio.rate).ms >= 10_000


@pytest.mark.parametrize("before", [b"", chunk(b"LIST", b"INFOISFT\5\0\0\0sox 1"), chunk(b"FLLR", bytes(60_000))])
def test_a_header_that_was_never_finished_may_hold_other_things_too(before: bytes) -> None:
    untold = [chunk(b"ds64", bytes(28)), chunk(b"ds64", b"\xff" * 28)]
    for tag, size, first in ((b"RIFF", bytes(4), b""), *((b"RF64", b"\xff" * 4, one) for one in untold)):
        data = tag + size + b"WAVE" + first + FORMAT + before + b"data" + size + PCM
        with Audio(data) as audio:
            assert audio.cut(0, 0, 8000).tolist() == REP.tolist()
            assert audio.seconds == 8


def test_a_flac_that_does_not_tell_its_length_is_read_to_its_end() -> None:
    data = bytearray(recording(REP, PROSPECT, form="FLAC"))
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # as ffmpeg writes it to a pipe
    with Audio(bytes(data)) as audio:
        assert 7.97 < audio.seconds <= 8
        for _ in range(2):
            assert loudness(audio.blocks(), audio.rate).ms == int(audio.seconds * 1000)
        assert audio.cut(1, 2_500, 4_500).tolist() == PROSPECT[20_000:36_000].tolist()


def test_a_short_recording_that_was_cut_off_is_read_to_where_it_ends() -> None:
    for form in ("FLAC", "MP3"):
        data = recording(REP, PROSPECT, form=form)
        with Audio(data[: len(data) // 2]) as audio:
            heard = [loudness(audio.blocks(), audio.rate).ms for _ in range(3)]
            assert heard[0] > 3_000, form
            assert heard == [heard[0]] * 3, form
            assert len(audio.cut(0, 500, 2_000)) == 12_000, form


@pytest.mark.parametrize("subtype", ["GSM610", "G721_32"])
def test_an_encoding_without_a_way_back_is_read_from_the_start_again(subtype: str) -> None:
    with Audio(recording(REP, subtype=subtype)) as audio:
        for _ in range(2):
            (whole,) = list(audio.blocks())
            assert audio.cut(0, 5_000, 7_500).tolist() == whole[40_000:60_000, 0].tolist()


def test_an_mp3_that_guesses_its_length_is_counted_and_one_that_hides_its_end_is_unreadable() -> None:
    early, late = channel(30, (0, 10), hiss=0), channel(30, (20, 30), hiss=0)
    with Audio(_mp3_without_table(late)) as audio:
        assert abs(audio.seconds - 30) < 0.3
    with Audio(_mp3_without_table(early)) as audio, pytest.raises(Unreadable, match="behind the end"):
        list(audio.blocks())


@pytest.mark.parametrize("behind", [bytes(20_000), b"APETAGEX" + bytes(range(256)) * 40], ids=["zeros", "a tag"])
def test_what_is_no_sound_behind_an_mp3_is_passed_over(behind: bytes) -> None:
    with Audio(recording(REP, form="MP3") + behind) as audio:
        assert abs(audio.seconds - 8) < 0.2
        assert sum(map(len, audio.blocks())) == audio.seconds * RATE
        assert len(audio.cut(0, 5_000, 7_500)) == 20_000


@pytest.mark.parametrize(("form", "subtype"), [("MP3", None), ("OGG", "VORBIS"), ("OGG", "OPUS")])
def test_a_recorder_that_went_on_into_the_same_file_loses_no_half_of_the_call_in_silence(
    form: str, subtype: str | None
) -> None:
    twice = recording(REP, form=form, subtype=subtype) + recording(PROSPECT, form=form, subtype=subtype)
    with pytest.raises(Unreadable, match=r"behind the end|several OGG streams"), Audio(twice) as audio:
        list(audio.blocks())


@pytest.mark.parametrize("told", [True, False], ids=["told", "untold"])
def test_more_samples_than_a_worker_has_time_for_are_refused_however_few_bytes_they_are(
    monkeypatch: pytest.MonkeyPatch, *, told: bool
) -> None:
    monkeypatch.setattr(reading, "MOST_SAMPLES", 2 * 7 * RATE)
    data = bytearray(recording(REP, PROSPECT, form="FLAC"))
    if not told:
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    with pytest.raises(Unreadable, match="more samples"):
        Audio(bytes(data))


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_silences_nobody(odd: float) -> None:
    samples = np.stack([REP, PROSPECT], axis=1).astype(np.float32) / 32768
    samples[20, 0] = odd
    data = io.BytesIO()
    soundfile.write(data, samples, RATE, format="WAV", subtype="FLOAT")
    with Audio(data.getvalue()) as audio:
        heard = loudness(audio.blocks(), audio.rate)
        assert np.isfinite(audio.cut(0, 0, 1000)).all()
    assert len(spans(heard.levels[0], heard.ms)) == 2


@pytest.mark.parametrize("data", [b"", b"RIFF", b"<html>not found</html>", recording(REP)[:44], bytes(4000)])
def test_what_is_no_audio_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable), Audio(data) as audio:
        list(audio.blocks())


def test_a_silent_channel_has_no_voice_and_a_click_is_none() -> None:
    quiet = channel(8, (3.005, 3.03))
    with Audio(recording(REP, quiet, np.zeros(64000, np.int16))) as audio:
        heard = loudness(audio.blocks(), audio.rate)
    assert [bool(spans(levels, heard.ms)) for levels in heard.levels] == [True, False, False]


def test_one_voice_recorded_twice_is_told_from_two() -> None:
    for second, one in ((REP, True), (PROSPECT, False)):
        with Audio(recording(REP, second)) as audio:
            assert loudness(audio.blocks(), audio.rate).one_voice is one


def test_one_voice_recorded_twice_may_differ_by_what_is_no_voice() -> None:
    hiss = np.random.default_rng(4).normal(0, 4, len(REP)).astype(np.int16)
    yes = channel(8, (3.0, 3.3), hiss=0, seed=5)
    for second, one in ((REP + hiss, True), (REP + yes, False), (REP // 4, False)):
        with Audio(recording(REP, second)) as audio:
            assert loudness(audio.blocks(), audio.rate).one_voice is one


def test_an_offset_of_the_line_is_no_voice() -> None:
    with Audio(recording(REP + np.int16(1500), channel(8) - np.int16(900))) as audio:
        heard = loudness(audio.blocks(), audio.rate)
    found = [spans(levels, heard.ms) for levels in heard.levels]
    assert (len(found[0]), len(found[1])) == (2, 0)
    assert abs(found[0][0].start - 500) < 120


def test_a_line_that_hums_or_hisses_all_the_time_has_no_voice() -> None:
    moments = np.arange(20 * RATE)
    tone = np.asarray(3000 * np.sin(2 * np.pi * 440 * moments / RATE), np.int16)
    noise = np.asarray(np.random.default_rng(6).normal(0, 300, len(moments)), np.int16)
    voice = channel(20, (3, 12), hiss=300)
    with Audio(recording(tone, noise, voice)) as audio:
        heard = loudness(audio.blocks(), audio.rate)
    assert [bool(spans(levels, heard.ms)) for levels in heard.levels] == [False, False, True]


def test_a_long_recording_takes_no_more_memory_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with soundfile.SoundFile(path, "w", 8000, 2, "PCM_16") as file:
        for _ in range(45):
            file.write(np.stack([channel(20, (1, 19))] * 2, axis=1))
    tracemalloc.start()
    with Audio(path) as audio:
        heard = loudness(audio.blocks(), audio.rate)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert heard.ms == 900_000
    assert peak < path.stat().st_size / 4


def test_a_piece_at_any_rate_is_smaller_than_the_provider_takes() -> None:
    assert [longest_ms(rate, 2) for rate in (8000, 16000, 48000)] == [300_000, 300_000, 250_000]
    assert longest_ms(48000, 4) * 48 * 4 <= 24_000_000


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(100, 6_000), st.integers(320, 3_000)), min_size=1, max_size=25))
def test_cuts_at_silence_leave_every_span_whole_in_one_piece(voices: list[tuple[int, int]]) -> None:
    spoken, moment = [], 1_000
    for long, pause in voices:
        start = moment - moment % 20
        spoken.append(Span(start, start + long - long % 20))
        moment = spoken[-1].end + max(420, pause)
    levels = np.full(moment // 20 + 1, -80, np.float32)
    for span in spoken:
        levels[span.start // 20 : span.end // 20] = -20
    found = pieces(spoken, levels, moment, 20_000)
    assert all(piece.end - piece.start <= 20_000 and piece.shared == 0 for piece in found)
    holders = [sum(piece.start <= span.start and span.end <= piece.end for piece in found) for span in spoken]
    assert holders == [1] * len(spoken)


def test_who_never_pauses_is_cut_with_some_seconds_in_both_pieces() -> None:
    levels = np.full(5_000, -20, np.float32)
    found = pieces([Span(0, 100_000)], levels, 100_000, 60_000)
    assert [piece.shared for piece in found] == [0, SHARED_MS]
    assert found[0].end - found[1].start == SHARED_MS
    assert (found[0].start, found[-1].end) == (0, 100_000)


def test_silence_before_and_after_is_not_sent() -> None:
    levels = np.full(5_000, -80, np.float32)
    levels[2_000:2_100] = -20
    (piece,) = pieces([Span(40_000, 42_000)], levels, 100_000, 60_000)
    assert (piece.start, piece.end) == (40_000 - AROUND_MS, 42_000 + AROUND_MS)


@pytest.mark.parametrize("rate", [1, 50, 3_999, 192_001, 100_000_000])
def test_a_header_with_a_rate_that_no_recorder_has_is_unreadable(rate: int) -> None:
    with pytest.raises(Unreadable, match="samples a second"):
        Audio(_wav_of_rate(rate))


def test_pieces_too_short_to_come_to_an_end_are_not_begun() -> None:
    with pytest.raises(ValueError, match="too short"):
        pieces([Span(0, 100_000)], np.zeros(5_000, np.float32), 100_000, SHARED_MS)


def test_a_recording_shorter_than_a_word_is_no_piece() -> None:
    levels = np.full(4, -20, np.float32)
    assert pieces([Span(0, 80)], levels, 80, 60_000) == ()


def _mp3_without_table(samples: npt.NDArray[np.int16]) -> bytes:
    """A file of a variable bit rate as it is written to a pipe: the frame with its length is not there."""
    out = io.BytesIO()
    more = {"bitrate_mode": "VARIABLE", "compression_level": 0.9}
    with soundfile.SoundFile(out, "w", RATE, 1, format="MP3", subtype="MPEG_LAYER_III", **more) as file:
        file.write(samples / 32768)
    data = out.getvalue()
    return data[data.find(data[:2], 4) :]


def _wav_of_rate(rate: int) -> bytes:
    written = io.BytesIO()
    soundfile.write(written, np.zeros((8_000, 2), np.int16), rate, format="WAV", subtype="PCM_16")
    return written.getvalue()
