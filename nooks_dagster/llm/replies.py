"""What came of a request, in the vocabulary of failure: the one place that reads OpenAI's replies.

Belongs here: telling answers from failures, and what either means for the money. Does not: acting on it (`llm.door`).

No sentence holds a word of a reply but codes: error messages quote prompts.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

import httpx2
import openai
from pydantic import BaseModel, Field, ValidationError

from nooks_dagster.failures import Failure, Permanent, QuotaExhausted, RateLimited, Transient, Unanswered, Unauthorized
from nooks_dagster.llm.asking import Ask, Usage
from nooks_dagster.llm.client import Received, TooLong
from nooks_dagster.llm.outcomes import Malformed, Refused, Truncated
from nooks_dagster.llm.paces import told_to_wait, used_up
from nooks_dagster.llm.prices import STANDARD
from nooks_dagster.llm.purchases import State

_CODE = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a request.

    Attributes:
        state: What it means for the purchase: `settled` by `usage`, `released`, or `unknown`.
        answer: Of the asked shape, if there is one.
        failure: Else what went wrong.
        usage: What was billed, where the reply says so.
        model: That answered, as the provider named it.
        tier: Of service, likewise.
        request_id: The provider's.
        pause: How long the provider wants to be left alone.
        refused: Whether it refused to be asked so often.
        lingers: Whether it may still be at it: nobody told it that we gave up.
    """

    state: State
    answer: BaseModel | None = field(default=None, repr=False)
    failure: Failure | None = None
    usage: Usage | None = None
    model: str | None = None
    tier: str = STANDARD
    request_id: str | None = None
    pause: timedelta = timedelta()
    refused: bool = False
    lingers: bool = False


_Tokens = Annotated[int, Field(ge=0, le=100_000_000)]
"""A count that can be; by any other a bill would shrink, or not fit its column."""


class _InputDetails(BaseModel):
    cached_tokens: _Tokens = 0
    cache_write_tokens: _Tokens = 0


class _OutputDetails(BaseModel):
    reasoning_tokens: _Tokens = 0


class _Usage(BaseModel):
    input_tokens: _Tokens
    output_tokens: _Tokens
    input_tokens_details: _InputDetails = _InputDetails()
    output_tokens_details: _OutputDetails = _OutputDetails()

    def plain(self) -> Usage:
        more = self.input_tokens_details
        reasoning = self.output_tokens_details.reasoning_tokens
        return Usage(self.input_tokens, self.output_tokens, more.cached_tokens, more.cache_write_tokens, reasoning)


class _Details(BaseModel):
    reason: str | None = None
    code: str | None = None


class _Part(BaseModel):
    type: str
    text: str = ""


class _Item(BaseModel):
    type: str
    content: Sequence[_Part] | None = None


class _Reply(BaseModel):
    """What is read of a response; the library's own model would fail at a kind of item that it does not know."""

    model: str
    status: str
    output: Sequence[_Item] = ()
    usage: _Usage | None = None
    service_tier: str | None = None
    error: _Details | None = None
    incomplete_details: _Details | None = None

    def parts(self, kind: str) -> Sequence[_Part]:
        messages = [item for item in self.output if item.type == "message"]
        return [part for item in messages for part in item.content or () if part.type == kind]


def read(ask: Ask, received: Received) -> Outcome:
    """Return what a reply of status 200 holds."""
    request_id = _known(received.headers.get("x-request-id"))
    try:
        reply = _Reply.model_validate_json(received.body)
    except ValidationError:
        return Outcome(State.UNKNOWN, failure=_unanswered(ask, "The reply is no response"), request_id=request_id)
    answer = _answer(ask, reply)
    usage = reply.usage.plain() if reply.usage else None
    return Outcome(
        State.SETTLED if usage else State.UNKNOWN,
        answer=None if isinstance(answer, Failure) else answer,
        failure=answer if isinstance(answer, Failure) else None,
        usage=usage,
        model=_known(reply.model) or "unnamed",
        tier=_known(reply.service_tier) or STANDARD,
        request_id=request_id,
        pause=used_up(received.headers),
    )


def failed(ask: Ask, error: Exception) -> Outcome:
    """Return what an error of the client means."""
    if isinstance(error, openai.APIStatusError):
        return _refusal(ask, error)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, _NEVER_SENT):
        return Outcome(State.RELEASED, failure=_unanswered(ask, "No connection could be made"))
    slow = isinstance(cause, (TooLong, httpx2.TimeoutException))
    failure = _unanswered(ask, "No reply came in time" if slow else "The connection broke")
    return Outcome(State.UNKNOWN, failure=failure, lingers=slow)


def _answer(ask: Ask, reply: _Reply) -> BaseModel | Failure:
    if reply.status == "incomplete":
        return _incomplete(ask, (reply.incomplete_details or _Details()).reason or "no reason")
    if reply.status != "completed":
        return _ended_badly(ask, reply)
    if reply.parts("refusal"):
        return Refused("The model declined to answer.", subject=_subject(ask), next_step=_REFUSED)
    try:
        text = "".join(part.text for part in reply.parts("output_text"))
        return ask.answer.model_validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        kinds = sorted({problem["type"] for problem in error.errors(include_url=False, include_input=False)})
        return Malformed(f"The answer does not have its shape ({', '.join(kinds)[:200]}).", subject=_subject(ask))


def _incomplete(ask: Ask, reason: str) -> Failure:
    if reason == "content_filter":
        return Refused("The provider's filter cut the answer off.", subject=_subject(ask), next_step=_REFUSED)
    return Truncated(
        f"The answer did not end within {ask.max_output_tokens:,} tokens ({_known(reason)}).",
        subject=_subject(ask),
        next_step="Ask for less, or allow it more.",
    )


def _ended_badly(ask: Ask, reply: _Reply) -> Failure:
    code = _known((reply.error or _Details()).code) or _known(reply.status)
    if code == "rate_limit_exceeded":
        return RateLimited("The provider took on too much.", subject=_subject(ask))
    return _unanswered(ask, f"The provider failed at it ({code})")


def _refusal(ask: Ask, error: openai.APIStatusError) -> Outcome:
    """Say what a status other than 200 means; errors below 500 are not billed."""
    status, request_id = error.status_code, _known(error.request_id)
    code = _known(error.code) or _known(error.type) or "no code"
    if status == 429 and "insufficient_quota" in (error.code, error.type):
        return Outcome(State.RELEASED, failure=_spent(ask), request_id=request_id)
    if status == 429:
        pause = told_to_wait(error.response.headers)
        limited = RateLimited(f"The provider wants fewer requests ({code}).", subject=_subject(ask), retry_in=pause)
        return Outcome(State.RELEASED, failure=limited, request_id=request_id, pause=pause, refused=True)
    if status == 408 or status >= 500:
        return Outcome(
            State.UNKNOWN, failure=_unanswered(ask, f"The provider failed ({status})"), request_id=request_id
        )
    return Outcome(State.RELEASED, failure=_refused_request(ask, status, code), request_id=request_id)


def _refused_request(ask: Ask, status: int, code: str) -> Failure:
    words: dict[str, Any] = {"subject": _subject(ask)}
    if status == 401:
        return Unauthorized(
            f"The key was refused ({code}).", subject="OpenAI", next_step="Correct OPENAI_API_KEY in .env."
        )
    if status == 403:
        next_step = "Give the key's project leave to use it, at the provider."
        return Unauthorized(f"The key may not use {ask.model} ({code}).", subject="OpenAI", next_step=next_step)
    if status == 404:
        next_step = "Choose another (NOOKS_LLM_MODEL, or the signal's own)."
        return Permanent(f"The provider knows no model {ask.model} ({code}).", next_step=next_step, **words)
    if status == 413 or code == "context_length_exceeded":
        return Permanent("The prompt is too long.", next_step="Give it fewer or shorter documents.", **words)
    if status == 409:
        return Transient(f"The provider was at it already ({code}).", **words)
    return Permanent(f"The provider refused the request ({status}, {code}).", next_step=_REQUEST, **words)


_REFUSED = "Look at its documents; the next try would be declined too."
_REQUEST = "It is the same for every account: correct the signal's answer shape or its instructions."


def _spent(ask: Ask) -> QuotaExhausted:
    return QuotaExhausted(
        "The provider's account has no money left.",
        subject=f"OpenAI, {ask.workspace}",
        next_step="Add some at the provider; it is asked again every ten minutes.",
    )


def _unanswered(ask: Ask, what: str) -> Unanswered:
    return Unanswered(f"{what}.", subject=_subject(ask))


def _subject(ask: Ask) -> str:
    return f"{ask.purpose} of {ask.subject}"


def _known(word: str | None) -> str | None:
    """Return a word of the provider's that is no more than a word."""
    return word if word and _CODE.fullmatch(word) else None
