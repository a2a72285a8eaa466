"""Transcription by OpenAI, through the door to paid models: one request for each piece of each channel.

Belongs here: hearing the parts of a recording, and what becomes of the words when one fails. Does not: the request
(`llm.speech`), utterances (`calls.speech.wording`).
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import psycopg

from nooks_dagster.calls.audio.encoding import wav
from nooks_dagster.calls.audio.reading import Audio
from nooks_dagster.calls.model import Task
from nooks_dagster.calls.speech import shelf
from nooks_dagster.calls.speech.flights import fly
from nooks_dagster.calls.speech.parts import Part, plan
from nooks_dagster.calls.speech.transcriber import Transcription
from nooks_dagster.calls.speech.wording import utterances
from nooks_dagster.calls.transcript import Utterance
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import LostLease
from nooks_dagster.llm.hearing import Heard, Listen, SpeechSeller, Words

PURPOSE = "calls/transcribe"
AT_ONCE = 4
"""Pieces of one call under way: both channels of a short one; 40 MB of a long one."""
MANY = 4
"""Pieces from which on each is kept as soon as it is paid for."""
VERSION = "2"
"""Of how a recording is cut and its words put together."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """What was heard of a part: bought now, or taken from the shelf."""

    part: Part
    words: Words = field(repr=False)
    asked_for: bytes = b""
    heard: Heard | None = None


class OpenAI:
    """See `nooks_dagster.calls.speech.transcriber.Transcriber`.

    Args:
        db: The platform's database.
        seller: The door.
        model: As the price table names it.
        calls: How many calls are heard at once at most.
    """

    def __init__(self, db: Database, seller: SpeechSeller, model: str, calls: int) -> None:
        self._db = db
        self._seller = seller
        self._model = model
        self._pool = ThreadPoolExecutor(AT_ONCE * calls, thread_name_prefix="hearing")

    @property
    def version(self) -> str:
        """Return the model, and the version of what is made of its words."""
        return f"{self._model}/{VERSION}"

    def peek(self) -> None:
        """Return unless an outage is known. See `Transcriber.peek`."""
        self._seller.peek()

    def transcribe(self, task: Task, audio: Audio, usual: str) -> Transcription:
        """Hear all channels of a call's recording. See `Transcriber.transcribe`."""
        planned = plan(audio, task.call.submission.recording, task.tick)
        kept = shelf.kept(self._db, task.call.id) if task.again else {}
        unsettled: list[_Piece] = []

        def landed(_number: int, piece: _Piece) -> None:
            if piece.heard:
                unsettled.append(piece)
            if len(planned.parts) >= MANY:
                self._keep(task, unsettled)
            task.tick()

        works = self._works(task, audio, planned.parts, kept)
        end = fly(self._pool, works, AT_ONCE, landed)
        if end.failures:
            self._keep(task, unsettled)
            raise end.failures[-1]
        pieces = [end.results[number] for number in range(len(planned.parts))]
        on_shelf = bool(kept) or len(unsettled) < len(pieces)

        def settle(conn: psycopg.Connection[Any]) -> None:
            if on_shelf:
                shelf.clear(conn, task.call.id)
            self._settle(conn, unsettled)

        words = utterances([(piece.part, piece.words) for piece in pieces], usual)
        return _transcription(pieces, words, planned.ms, self._model, settle)

    def _works(
        self, task: Task, audio: Audio, parts: Sequence[Part], kept: shelf.Kept
    ) -> Iterator[Callable[[], _Piece]]:
        for part in parts:
            yield self._work(task, part, self._listen(task, audio, part), kept)

    def _work(self, task: Task, part: Part, listen: Listen, kept: shelf.Kept) -> Callable[[], _Piece]:
        def work() -> _Piece:
            if kept and (words := kept.get(listen.asked_for)):
                return _Piece(part, words)
            heard = self._seller.hear(listen, opening=task.check, stopped=task.stopped)
            return _Piece(part, heard.answer, listen.asked_for, heard)

        return work

    def _listen(self, task: Task, audio: Audio, part: Part) -> Listen:
        samples = audio.cut(part.channel, part.piece.start, part.piece.end)
        return Listen(
            workspace=task.call.workspace,
            purpose=PURPOSE,
            subject=f"call {task.call.id}",
            audio=wav(samples, audio.rate, audio.subtype),
            seconds=len(samples) / audio.rate,
            model=self._model,
            live=task.live,
        )

    def _keep(self, task: Task, unsettled: list[_Piece]) -> None:
        """Settle what was paid for and keep its words for the next try, unless it is not ours any more."""
        if not unsettled:
            return
        try:
            with self._db.transaction() as conn:
                task.check(conn)
                for piece in unsettled:
                    shelf.keep(conn, task.call.id, piece.asked_for, piece.words)
                self._settle(conn, unsettled)
        except LostLease:
            with self._db.transaction() as conn:
                self._settle(conn, unsettled, "the call was lost to another worker")
            raise
        unsettled.clear()

    def _settle(self, conn: psycopg.Connection[Any], pieces: Sequence[_Piece], reason: str = "") -> None:
        if bought := [piece.heard for piece in pieces if piece.heard]:
            self._seller.settle_all(conn, bought, reason)


def _transcription(
    pieces: Sequence[_Piece],
    said: Sequence[Utterance],
    ms: int,
    model: str,
    settle: Callable[[psycopg.Connection[Any]], None],
) -> Transcription:
    bought = [piece.heard for piece in pieces if piece.heard]
    return Transcription(
        utterances=said,
        ms=ms,
        models=[model],
        pieces=len(pieces),
        reused=len(pieces) - len(bought),
        seconds=sum(heard.usage.seconds for heard in bought),
        cost=sum((heard.cost for heard in bought), Decimal(0)),
        settle=settle,
    )
