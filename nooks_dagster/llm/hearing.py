"""What is heard by a model: a piece of audio, its words, and who sells them.

Belongs here: the shapes that callers see. Does not: how they are bought (`llm.door`), where a recording is cut
(`calls.audio`).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from pydantic import BaseModel, ConfigDict, Field

from nooks_dagster.llm.asking import Bought, Opening, never, nothing

SPEECH = "speech"
"""What is bought; caps may hold for it."""


@dataclass(frozen=True, slots=True)
class Listen:
    """A piece of audio whose words are wanted.

    Attributes:
        workspace: Who pays.
        purpose: What for, such as "calls/transcribe".
        subject: Of what, without personal data: an id.
        audio: A whole WAV file of one channel.
        seconds: How long it is.
        model: As the price table names it.
        live: Whether a person waits: live work has permits of its own.
    """

    workspace: str
    purpose: str
    subject: str
    audio: bytes = field(repr=False)
    seconds: float
    model: str
    live: bool = False

    @property
    def kind(self) -> str:
        """Return what is bought."""
        return SPEECH

    @property
    def asked_for(self) -> bytes:
        """Return the hash of the model and the audio: the same is the same again."""
        return hashlib.sha256(f"{self.model}\n".encode() + hashlib.sha256(self.audio).digest()).digest()


class Segment(BaseModel):
    """A part of what was heard, where the model tells when; seconds from the start of the piece."""

    model_config = ConfigDict(frozen=True)

    start: float = Field(ge=0, allow_inf_nan=False)
    end: float = Field(ge=0, allow_inf_nan=False)
    text: str = Field(repr=False)


class Words(BaseModel):
    """What was heard. `segments` are all of the text again, or none; `languages` those that the model names."""

    model_config = ConfigDict(frozen=True)

    text: str = Field(repr=False)
    languages: Sequence[str] = ()
    segments: Sequence[Segment] = Field(default=(), repr=False)


Heard = Bought[Words]
"""Words that were paid for, and are to be settled with what is made of them."""


class SpeechSeller(Protocol):
    """Who hears for money: the `Door`, or in tests a script. Safe to share between threads."""

    def peek(self) -> None:
        """Return unless the provider is known to answer nobody: for who prepares much before it hears.

        Raises:
            SourceDown: It is.
        """
        ...

    def hear(self, listen: Listen, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Heard:
        """Wait for a permit, reserve the most it can cost, and send it once; no try is repeated.

        It raises as `Seller.buy` does. `Permanent` also: the provider cannot read the audio, or the model is shut down.
        """
        ...

    def settle_all(self, conn: psycopg.Connection[Any], bought: Sequence[Heard], reason: str = "") -> None:
        """Settle purchases in the caller's transaction, as `Seller.settle` does one: after the caller's own rows."""
        ...
