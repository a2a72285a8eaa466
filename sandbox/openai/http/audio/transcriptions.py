"""From an upload to a transcription that is sold.

Belongs here: the order of things, and the troubles that a request may meet.
Does not: the form (`form`, `asked`), hearing (`sandbox.openai.hearing`), the reply (`told`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from starlette.requests import Request

from sandbox.openai import tokens
from sandbox.openai.chance import UNBILLED, Fate, Trouble, draw
from sandbox.openai.hearing import Audio, Unreadable, hear
from sandbox.openai.http import errors
from sandbox.openai.http.audio.asked import MOST_BYTES, Listening, check_form, too_large
from sandbox.openai.http.audio.form import read_form
from sandbox.openai.http.audio.told import told
from sandbox.openai.http.limits import Limits
from sandbox.openai.http.replies import Reply
from sandbox.openai.http.waiting import Hangup, Sold, until
from sandbox.openai.models import Usage
from sandbox.openai.sales import Sale, Sales
from sandbox.openai.speech_models import audio_tokens
from sandbox.openai.terms import Terms

_SHORTEST = 0.1
_LARGE = 2_000_000
"""Bytes from which on hearing takes so long that others should not wait for it."""


@dataclass(frozen=True, slots=True)
class Transcriptions:
    """The seller of transcriptions; called by the event loop alone.

    Args:
        terms: Of sale.
        limits: Of requests and tokens.
        sales: The ledger of audio.
        spent: Tells what a project bought, of whatever kind.
    """

    terms: Terms
    limits: Limits
    sales: Sales
    spent: Callable[[str], float]

    async def answer(self, project: str, request: Request, sold: Sold) -> Reply:
        """Answer one request.

        Raises:
            Refused: It is answered by an error.
            Hangup: It is not answered.
        """
        began = asyncio.get_running_loop().time()
        body = await _body(request)
        asked = check_form(read_form(request.headers.get("content-type", ""), body))
        audio = await _heard(asked)
        headers = self.limits.spend(project, asked.model.name, audio_tokens(audio.seconds))
        if self.spent(project) >= self.terms.credit_usd:
            raise errors.no_credit()
        question = _question(asked)
        fate = draw(self.terms, question, self.sales.next_try(question), self.terms.audio_mean(audio.seconds))
        ends = began + fate.seconds
        if fate.trouble is not None and fate.trouble in UNBILLED:
            self.sales.failed(fate.trouble.value, fate.seconds)
            await until(ends, request.receive)
            raise errors.server_error() if fate.trouble is Trouble.SERVER_ERROR else errors.overloaded()
        sold(self._sale(project, asked, audio, question, fate))
        if fate.trouble is Trouble.UNANSWERED:
            await until(began + self.terms.hang_seconds * self.terms.time_scale, request.receive)
            raise Hangup
        await until(ends, request.receive)
        return Reply(told(asked, audio), headers=headers)

    def _sale(self, project: str, asked: Listening, audio: Audio, question: str, fate: Fate) -> Sale:
        said = tokens.count(audio.text)
        sale = Sale(
            project=project,
            model=asked.model.name,
            question=question,
            outcome=fate.trouble.value if fate.trouble is Trouble.UNANSWERED else "answered",
            usage=Usage(audio_tokens(audio.seconds), 0, 0, said, 0),
            usd=asked.model.cost(audio.seconds, said),
            seconds=fate.seconds,
            audio_seconds=audio.seconds,
        )
        self.sales.add(sale)
        return sale


async def _body(request: Request) -> bytes:
    size = int(request.headers.get("content-length") or 0)
    chunks: list[bytes] = []
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read <= MOST_BYTES:
            chunks.append(chunk)
    if max(read, size) > MOST_BYTES:
        raise too_large(read)
    return b"".join(chunks)


async def _heard(asked: Listening) -> Audio:
    content, longest = asked.file.content, asked.model.longest
    try:
        audio = hear(content, longest) if len(content) < _LARGE else await asyncio.to_thread(hear, content, longest)
    except Unreadable:
        raise errors.invalid("Audio file might be corrupted or unsupported", "file", "invalid_value") from None
    if audio.seconds < _SHORTEST:
        message = f"Audio file is too short. Minimum audio length is {_SHORTEST} seconds."
        raise errors.invalid(message, "file", "audio_too_short")
    if audio.seconds > longest:
        message = f"audio duration {audio.seconds:.1f} seconds is longer than {longest:.0f} seconds"
        raise errors.invalid(f"{message} which is the maximum for this model", "file", "invalid_value")
    if asked.model.voices and audio.seconds > 30 and not asked.chunked:
        message = "chunking_strategy is required for diarization models for audio longer than 30 seconds."
        raise errors.invalid(message, "chunking_strategy", "invalid_value")
    return audio


def _question(asked: Listening) -> str:
    digest = blake2b(asked.model.name.encode(), digest_size=12)
    digest.update(asked.file.content)
    return digest.hexdigest()
