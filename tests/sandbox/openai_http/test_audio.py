"""Transcriptions: what is in the samples comes back as text, through the official client, in every format."""

import io
import json
import random
from collections.abc import Callable
from typing import Any

import openai
import pytest
import soundfile
from openai import OpenAI

from sandbox.calls.files import flac, wav, wav_of
from sandbox.calls.phrases.translating import PHRASES, Sentence
from sandbox.calls.poison import bomb
from sandbox.calls.speaking import ROLES, Spoken, Turn, speak
from sandbox.openai.http.audio.asked import MOST_BYTES
from tests.sandbox.openai_http.conftest import Api, Got
from tests.sandbox.openai_http.prompts import KEY
from tests.sandbox.process import Sandbox

VALUES = {"rep": "Ana", "company": "Globex", "phone": "+1 415 555 0132", "email": "a@b.com", "card": "4111 1111"}
FORMATS = {
    "gpt-transcribe": ("json", "text"),
    "whisper-1": ("json", "text", "srt", "verbose_json", "vtt"),
    "gpt-4o-transcribe": ("json", "text"),
    "gpt-4o-transcribe-diarize": ("json", "text", "diarized_json"),
}


def conversation(seed: int = 1, rate: int = 8000) -> Spoken:
    chance = random.Random(seed)
    languages = ("en", "es")
    turns = [
        Turn(ROLES[number % 2], languages[number % 2], (Sentence(chance.choice(PHRASES), VALUES),))
        for number in range(6)
    ]
    return speak(turns, rate, chance, 20)


SPOKEN = conversation()


def channel(spoken: Spoken, at: int) -> bytes:
    return wav_of(spoken.samples[:, at : at + 1], spoken.rate)


REP = channel(SPOKEN, 0)


def upload(api: Api, content: bytes, name: str = "call.wav", key: str = KEY, **fields: str) -> Got:
    parts = [("model", None, b"gpt-transcribe"), *((field, None, value.encode()) for field, value in fields.items())]
    lines = b""
    for field, file, value in [*parts, ("file", name, content)]:
        named = f'; filename="{file}"' if file else ""
        lines += f'--x\r\nContent-Disposition: form-data; name="{field}"{named}\r\n\r\n'.encode() + value + b"\r\n"
    return api("POST", "/v1/audio/transcriptions", lines + b"--x--\r\n", key, kind="multipart/form-data; boundary=x")


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("at", [0, 1])
def test_each_channel_by_itself_gives_what_its_party_said(api: Api, rate: int, at: int) -> None:
    spoken = conversation(2, rate)
    assert upload(api, channel(spoken, at)).json["text"] == spoken.text(ROLES[at])


def test_flac_is_heard_as_wav_is(api: Api) -> None:
    target = io.BytesIO()
    soundfile.write(target, SPOKEN.samples[:, 0], SPOKEN.rate, format="FLAC", subtype="PCM_16")
    assert upload(api, target.getvalue(), "call.flac").json["text"] == SPOKEN.text("rep")


@pytest.mark.parametrize("whole", [wav(SPOKEN), flac(SPOKEN)], ids=["wav", "flac"])
def test_both_channels_at_once_give_neither_partys_text(api: Api, whole: bytes) -> None:
    text = upload(api, whole).json["text"]
    assert text not in {SPOKEN.text("rep"), SPOKEN.text("prospect")}
    assert text


def test_a_word_that_is_cut_is_missing_and_a_stretch_that_is_sent_twice_is_heard_twice(api: Api) -> None:
    first, *_, last = SPOKEN.text("rep").split()
    said = SPOKEN.said[0]
    middle = int((said.start + 0.06) * SPOKEN.rate)
    pieces = [SPOKEN.samples[middle:, :1], SPOKEN.samples[: int(said.end * SPOKEN.rate), :1]]
    cut, again = (upload(api, wav_of(piece, SPOKEN.rate)).json["text"].split() for piece in pieces)
    assert cut == SPOKEN.text("rep").split()[1:]
    assert again[0] == first
    assert cut[-1] == last


def test_the_default_tells_languages_and_the_seconds_that_it_bills(api: Api) -> None:
    told = upload(api, channel(SPOKEN, 1)).json
    assert told["languages"] == [{"code": "es"}]
    assert told["usage"] == {"type": "duration", "seconds": 20}
    ledger = api.audio.snapshot()
    assert ledger["audio_seconds"] == 20
    assert ledger["usd"] == pytest.approx(0.0045 / 3)


def test_a_recording_that_is_sold_twice_is_counted(api: Api) -> None:
    for content in (REP, REP, channel(SPOKEN, 1)):
        upload(api, content)
    assert api.audio.snapshot()["sold_again"] == 1
    assert api.told()["sold"] == 0


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "a.wav", "invalid_value"),
        (b"no audio at all", "a.wav", "invalid_value"),
        (REP[:30], "a.wav", "invalid_value"),
        (REP, "a.txt", None),
        (wav_of(SPOKEN.samples[:100], 8000), "a.wav", "audio_too_short"),
    ],
    ids=["empty", "not audio", "cut header", "other name", "short"],
)
def test_what_cannot_be_heard_is_refused(api: Api, content: bytes, name: str, code: str | None) -> None:
    refused = upload(api, content, name)
    assert (refused.status, refused.error["code"]) == (400, code)
    assert api.audio.snapshot()["sold"] == 0


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "gpt-transcribe", "response_format": "verbose_json"}, "response_format"),
        ({"model": "gpt-4o-transcribe", "response_format": "vtt"}, "response_format"),
        ({"model": "whisper-1", "response_format": "diarized_json"}, "response_format"),
        ({"model": "whisper-1", "timestamp_granularities[]": "word"}, "timestamp_granularities"),
        ({"model": "whisper-1", "languages[]": "es"}, "languages"),
        ({"model": "gpt-transcribe", "voice": "x"}, "voice"),
    ],
)
def test_what_a_model_cannot_do_is_refused(api: Api, fields: dict[str, str], param: str) -> None:
    refused = upload(api, REP, **fields)
    assert (refused.status, refused.error["param"]) == (400, param)


def test_hours_of_silence_in_a_few_bytes_are_refused_unheard(api: Api) -> None:
    refused = upload(api, bomb(), "call.flac")
    assert (refused.status, refused.error["code"]) == (400, "invalid_value")
    assert "longer than 1400 seconds" in refused.error["message"]


def test_more_than_25_megabytes_are_refused(api: Api) -> None:
    refused = upload(api, b"x" * MOST_BYTES)
    assert refused.status == 413
    assert str(MOST_BYTES) in refused.error["message"]


def test_a_body_that_is_no_form_is_refused(api: Api) -> None:
    assert api("POST", "/v1/audio/transcriptions", b"{}").status == 400


def test_troubles_of_the_terms_befall_transcriptions_too(serve: Callable[..., Api]) -> None:
    failing = serve(server_errors=1.0)
    assert upload(failing, REP).status == 500
    assert failing.audio.snapshot()["sold"] == 0
    silent = serve(unanswered=1.0)
    assert upload(silent, REP).status == 0
    assert silent.audio.snapshot()["billed_unanswered"] == 1


def test_requests_of_a_minute_are_limited_apart_from_those_of_other_models(serve: Callable[..., Api]) -> None:
    api = serve(audio_requests_per_minute=2)
    assert [upload(api, REP).status for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(("model", "form"), [(model, form) for model, forms in FORMATS.items() for form in forms])
def test_the_official_client_takes_every_format_whole(client: OpenAI, model: Any, form: Any) -> None:
    raw = client.audio.transcriptions.with_raw_response.create(
        model=model, file=("call.wav", wav(SPOKEN)), response_format=form, chunking_strategy="auto"
    )
    parsed = raw.parse()
    if isinstance(parsed, str):
        assert parsed.strip()
        return
    assert parsed.to_dict(mode="json") == {**json.loads(raw.text), **parsed.to_dict(mode="json")}
    assert parsed.text
    assert parsed.usage


def test_segments_and_words_stand_where_they_were_said(client: OpenAI) -> None:
    told = client.audio.transcriptions.create(
        model="whisper-1",
        file=("call.wav", REP),
        response_format="verbose_json",
        timestamp_granularities=["segment", "word"],
    )
    spoken = [said for said in SPOKEN.said if said.turn.role == "rep"]
    assert told.segments is not None
    assert told.words is not None
    assert [segment.text.strip() for segment in told.segments] == [said.turn.text for said in spoken]
    for segment, said in zip(told.segments, spoken, strict=True):
        assert segment.start == pytest.approx(said.start, abs=0.02)
        assert segment.end == pytest.approx(said.end, abs=0.02)
    assert len(told.words) == len(SPOKEN.text("rep").split())


def test_a_mono_recording_of_both_is_told_apart_by_voice(client: OpenAI) -> None:
    told = client.audio.transcriptions.create(
        model="gpt-4o-transcribe-diarize",
        file=("call.flac", flac(SPOKEN)),
        response_format="diarized_json",
        chunking_strategy="auto",
    )
    assert {segment.speaker for segment in told.segments} == {"A", "B"}


def test_a_fault_is_meant_for_transcriptions_alone(client: OpenAI, sandbox: Sandbox) -> None:
    sandbox.control("/control/faults", "POST", {"kind": "answer", "status": 503, "calls": ["transcriptions"]})
    client.models.list()
    with pytest.raises(openai.InternalServerError):
        client.audio.transcriptions.create(model="gpt-transcribe", file=("call.wav", REP))
    assert sandbox.control("/control/openai/audio").json()["sold"] == 0
