"""A transcript: who said what and when. What `transcribe` and `translate` put into the lake, one JSON object a call.

Belongs here: the shape. Does not: how it is made (`calls.speech`), or what of it is personal (`privacy.redaction`).
Times are milliseconds from the start of the recording.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from nooks_dagster.calls.submission import Role


class Utterance(BaseModel):
    """What one party said in one go.

    `timing` says whether the transcriber told the times, or whether they were estimated from where the voice is.
    """

    model_config = ConfigDict(frozen=True)

    seq: int
    speaker: Role | None = Field(description="None where a mono recording does not tell.")
    start_ms: int
    end_ms: int
    text: str = Field(repr=False)
    language: str = Field(description="ISO 639-1, or `und`.")
    confidence: float | None = None
    timing: Literal["told", "estimated"] = "told"


class Transcript(BaseModel):
    """What was said in a call, in the order in which it was begun.

    `language` is that of most of what was said; of a translation it is the workspace's, and `translated_from` tells
    the original's.
    """

    model_config = ConfigDict(frozen=True)

    call: int
    model: str
    language: str
    duration_ms: int
    channels: int
    utterances: tuple[Utterance, ...] = Field(repr=False)
    translated_from: str | None = None
