"""The models that transcribe, and their prices as OpenAI's pages gave them in November 2026.

Belongs here: names, what a minute or a token costs, formats and lengths that each takes.
Does not: models that answer in words (`models`), selling (`sales`).
"""

from dataclasses import dataclass

TOKENS_PER_SECOND = 10
"""Of audio, where audio is billed by tokens."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A model. Its price is USD a minute, or USD per million tokens of audio and of text that comes out.

    Args:
        name: By which it is asked for.
        created: When, in Unix seconds.
        formats: Of replies, that it knows.
        minute: 0 for one that is billed by tokens.
        longest: Seconds of audio in one request.
        languages: Whether it tells which languages it heard.
        voices: Whether it tells who spoke.
    """

    name: str
    created: int
    formats: tuple[str, ...] = ("json", "text")
    minute: float = 0.0
    audio: float = 0.0
    output: float = 0.0
    longest: float = 1400.0
    languages: bool = False
    voices: bool = False

    def cost(self, seconds: float, output: int) -> float:
        """Return what a transcription costs, in USD."""
        if self.minute:
            return self.minute * seconds / 60
        return (self.audio * audio_tokens(seconds) + self.output * output) / 1e6


def audio_tokens(seconds: float) -> int:
    """Return the tokens of so much audio."""
    return round(seconds * TOKENS_PER_SECOND)


_WHISPER = ("json", "text", "srt", "verbose_json", "vtt")
_DIARIZED = ("json", "text", "diarized_json")
_ALL = (
    SpeechModel("gpt-transcribe", 1790035200, minute=0.0045, languages=True),
    SpeechModel("whisper-1", 1677532384, _WHISPER, minute=0.006, longest=7200.0),
    SpeechModel("gpt-4o-transcribe", 1742068463, audio=6, output=10),
    SpeechModel("gpt-4o-mini-transcribe", 1742068596, audio=3, output=5),
    SpeechModel("gpt-4o-mini-transcribe-2025-12-15", 1765756800, audio=3, output=5),
    SpeechModel("gpt-4o-transcribe-diarize", 1750798887, _DIARIZED, audio=6, output=10, voices=True),
)
SPEECH_MODELS = {model.name: model for model in _ALL}
