"""What was heard, in the formats of replies.

Belongs here: their forms. Does not: hearing (`sandbox.openai.hearing`), which format may be asked for (`asked`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.calls.codec import Heard
from sandbox.openai import tokens
from sandbox.openai.hearing import Audio
from sandbox.openai.http.audio.asked import Listening
from sandbox.openai.speech_models import SpeechModel, audio_tokens

_NAMES = {"en": "english", "es": "spanish", "de": "german", "fr": "french"}
"""As whisper-1 tells languages."""


def told(asked: Listening, audio: Audio) -> dict[str, Any] | str:
    """Return the reply, an object of JSON or a text."""
    return _FORMATS[asked.format](asked, audio)


def usage(model: SpeechModel, audio: Audio) -> dict[str, Any]:
    """Return what is billed."""
    if model.minute:
        return {"type": "duration", "seconds": _rounded(audio)}
    heard, said = audio_tokens(audio.seconds), tokens.count(audio.text)
    details = {"audio_tokens": heard, "text_tokens": 0}
    counts = {"input_tokens": heard, "output_tokens": said, "total_tokens": heard + said}
    return {"type": "tokens", **counts, "input_token_details": details}


def _rounded(audio: Audio) -> int:
    return -int(-audio.seconds // 1)


def _json(asked: Listening, audio: Audio) -> dict[str, Any]:
    answer: dict[str, Any] = {"text": audio.text}
    if asked.model.languages:
        answer["languages"] = [{"code": code} for code in audio.languages]
    return answer | {"usage": usage(asked.model, audio)}


def _text(_asked: Listening, audio: Audio) -> str:
    return f"{audio.text}\n"


def _verbose(asked: Listening, audio: Audio) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "task": "transcribe",
        "language": _NAMES[next(iter(audio.languages), "en")],
        "duration": round(audio.seconds, 2),
        "text": audio.text,
        "usage": usage(asked.model, audio),
    }
    if "segment" in asked.granularities:
        answer["segments"] = [_segment(number, words) for number, words in enumerate(audio.segments(by_voice=False))]
    if "word" in asked.granularities:
        answer["words"] = [
            {"word": heard.word.text.strip(".,?!"), "start": round(heard.start, 2), "end": round(heard.end, 2)}
            for heard in audio.words
        ]
    return answer


def _segment(number: int, words: Sequence[Heard]) -> dict[str, Any]:
    return {
        "id": number,
        "seek": 0,
        "start": round(words[0].start, 2),
        "end": round(words[-1].end, 2),
        "text": f" {_joined(words)}",
        "tokens": [],
        "temperature": 0.0,
        "avg_logprob": -0.2,
        "compression_ratio": 1.2,
        "no_speech_prob": 0.01,
    }


def _diarized(asked: Listening, audio: Audio) -> dict[str, Any]:
    letters: dict[int, str] = {}
    segments = []
    for number, words in enumerate(audio.segments(by_voice=True)):
        speaker = letters.setdefault(words[0].word.voice, chr(ord("A") + len(letters)))
        times = {"start": round(words[0].start, 3), "end": round(words[-1].end, 3)}
        said = {"type": "transcript.text.segment", "text": f" {_joined(words)}", "speaker": speaker}
        segments.append({"id": f"seg_{number}", **times, **said})
    head = {"task": "transcribe", "duration": round(audio.seconds, 3), "text": audio.text}
    return {**head, "segments": segments, "usage": usage(asked.model, audio)}


def _subtitles(mark: str) -> Callable[[Listening, Audio], str]:
    def written(_asked: Listening, audio: Audio) -> str:
        lines = ["WEBVTT\n"] if mark == "." else []
        for number, words in enumerate(audio.segments(by_voice=False), 1):
            times = " --> ".join(_clock(moment, mark) for moment in (words[0].start, words[-1].end))
            lines.append("\n".join([*([] if mark == "." else [str(number)]), times, f"{_joined(words)}\n"]))
        return "\n".join(lines) + "\n"

    return written


def _clock(seconds: float, mark: str) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{mark}{milliseconds:03}"


def _joined(words: Sequence[Heard]) -> str:
    return " ".join(heard.word.text for heard in words)


_FORMATS: Mapping[str, Callable[[Listening, Audio], dict[str, Any] | str]] = {
    "json": _json,
    "text": _text,
    "verbose_json": _verbose,
    "diarized_json": _diarized,
    "srt": _subtitles(","),
    "vtt": _subtitles("."),
}
