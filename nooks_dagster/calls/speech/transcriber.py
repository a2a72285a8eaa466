"""What a transcriber is, and what it hands over.

Belongs here: the protocol. Does not: any of them (`calls.speech.openai_transcriber`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

import psycopg

from nooks_dagster.calls.audio.reading import Audio
from nooks_dagster.calls.model import Task
from nooks_dagster.calls.transcript import Utterance


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was heard of a recording.

    Attributes:
        utterances: In the order in which they were begun.
        ms: How long the recording is.
        models: That heard it.
        pieces: How many were sent, now or before.
        reused: Of these, how many had been paid for by an earlier try.
        seconds: Of audio, paid for now.
        cost: USD, likewise.
        settle: Writes that it is of use; see `Outcome.write`.
    """

    utterances: Sequence[Utterance] = field(repr=False)
    ms: int
    models: Sequence[str]
    pieces: int
    reused: int
    seconds: float
    cost: Decimal
    settle: Callable[[psycopg.Connection[Any]], None]


class Transcriber(Protocol):
    """Hears recordings. One of a process, used by many threads at once."""

    @property
    def version(self) -> str:
        """Return what its results depend on beside the recording."""
        ...

    def peek(self) -> None:
        """Return if it is worth while to open a recording.

        Raises:
            SourceDown: Nobody hears now.
        """
        ...

    def transcribe(self, task: Task, audio: Audio, usual: str) -> Transcription:
        """Hear all channels of a call's recording.

        Args:
            task: The call, in this worker's hands.
            audio: Its recording.
            usual: The language in which most calls of its workspace are.

        Raises:
            Deferred: A spend cap is reached.
            Failure: Any other outcome; what was paid for until then is kept for the next try.
            LostLease: Somebody else holds the call.
        """
        ...
