"""Speech as goods: a piece of audio, and the words in it.

Belongs here: what is sent, the most it costs, and what comes back. Does not: failed requests (`llm.replies`).

`gpt-transcribe` tells the languages that it heard, and no times; `whisper-1` tells the times of segments. Usage comes
as seconds or as tokens, by model; the reply names no model. Times that can't be right cost the times, not the words.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal

from openai import APIResponse, OpenAI
from pydantic import BaseModel, Field, ValidationError

from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.client import Received
from nooks_dagster.llm.hearing import Listen, Segment, Words
from nooks_dagster.llm.languages import code_of
from nooks_dagster.llm.paces import used_up
from nooks_dagster.llm.prices import price_of
from nooks_dagster.llm.purchases import State
from nooks_dagster.llm.replies import Advice, Outcome, known, unanswered
from nooks_dagster.llm.responses import Tokens

TELLS_TIMES = frozenset({"whisper-1"})
LONGEST = 86_400.0  # seconds that a reply may claim; by more a bill would not fit its column


class _Duration(BaseModel):
    type: Literal["duration"]
    seconds: Annotated[float, Field(ge=0, le=LONGEST)]

    def plain(self, _sent: float) -> Usage:
        return Usage(0, 0, seconds=self.seconds)


class _ByToken(BaseModel):
    type: Literal["tokens"]
    input_tokens: Tokens
    output_tokens: Tokens

    def plain(self, sent: float) -> Usage:
        return Usage(self.input_tokens, self.output_tokens, seconds=sent)


class _Language(BaseModel):
    code: str


class _Reply(BaseModel):
    """What is read of a transcription; the library's own model would take anything for one."""

    text: str
    languages: Sequence[_Language] | None = None
    language: str | None = None
    segments: Sequence[Any] | None = None
    usage: Annotated[_Duration | _ByToken, Field(discriminator="type")] | None = None

    def words(self, sent: float) -> Words:
        named = [language.code for language in self.languages or ()] or [self.language or ""]
        languages = tuple(dict.fromkeys(code for name in named if (code := code_of(name))))
        return Words(text=_kept(self.text), languages=languages, segments=self._timed(sent))

    def _timed(self, sent: float) -> Sequence[Segment]:
        """Return the segments, none if their times are no times, or if they leave out some of the words."""
        try:
            found = tuple(Segment.model_validate(one) for one in self.segments or ())
        except ValidationError:
            return ()
        in_order = all(one.start <= one.end for one in found) and all(a.start <= b.start for a, b in pairwise(found))
        whole = "".join(one.text for one in found).split() == self.text.split()
        if not in_order or not whole or (found and found[-1].start > sent):
            return ()
        return tuple(one.model_copy(update={"text": _kept(one.text)}) for one in found)


def _kept(text: str) -> str:
    return text.replace("\0", "")  # which Postgres takes for no text at all


class Speech:
    """See `nooks_dagster.llm.goods.Goods`."""

    advice = Advice(
        model="NOOKS_CALLS_TRANSCRIPTION_MODEL",
        too_long="The audio is too large.",
        shorten="Send it in shorter pieces.",
        wrong="Listen to the recording: the provider cannot read it, now or later.",
    )

    def fingerprint(self, wanted: Listen) -> bytes:
        """Return the hash of the model and the audio."""
        return wanted.asked_for

    def most(self, wanted: Listen, day: date) -> Decimal:
        """Return the most that it can cost, in USD."""
        return price_of(wanted.model, day).most_of_audio(wanted.seconds)

    def send(self, openai: OpenAI, wanted: Listen) -> AbstractContextManager[APIResponse[Any]]:
        """Send the request."""
        return openai.audio.transcriptions.with_streaming_response.create(
            file=("piece.wav", wanted.audio, "audio/wav"),
            model=wanted.model,
            response_format="verbose_json" if wanted.model in TELLS_TIMES else "json",
        )

    def read(self, wanted: Listen, received: Received) -> Outcome[Words]:
        """Return what a reply of status 200 holds. Where it tells no usage, what was sent is what was billed."""
        request_id = known(received.headers.get("x-request-id"))
        try:
            reply = _Reply.model_validate_json(received.body)
        except ValidationError:
            failure = unanswered(wanted, "The reply is no transcription")
            return Outcome(State.UNKNOWN, failure=failure, request_id=request_id)
        return Outcome(
            State.SETTLED,
            answer=reply.words(wanted.seconds),
            usage=reply.usage.plain(wanted.seconds) if reply.usage else Usage(0, 0, seconds=wanted.seconds),
            model=wanted.model,
            request_id=request_id,
            pause=used_up(received.headers),
        )
