"""What a response holds: the one place that reads OpenAI's answers to questions.

Belongs here: telling answers of the asked shape from other ends. Does not: failed requests (`llm.replies`).
"""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError, model_validator

from nooks_dagster.failures import Failure, RateLimited
from nooks_dagster.llm.asking import Ask, Usage
from nooks_dagster.llm.client import Received
from nooks_dagster.llm.outcomes import Malformed, Refused, Truncated
from nooks_dagster.llm.paces import used_up
from nooks_dagster.llm.prices import STANDARD
from nooks_dagster.llm.purchases import State
from nooks_dagster.llm.replies import Outcome, known, subject, unanswered

Tokens = Annotated[int, Field(ge=0, le=100_000_000)]
"""A count that can be; by any other a bill would shrink, or not fit its column."""
_TOO_MUCH = "rate_limit_exceeded"
_FAULTS = frozenset({"server_error", "vector_store_timeout", "failed", "cancelled", "queued", "in_progress"})
"""Codes, or else states, of a response that accuse the provider; any other accuses the prompt."""
_REFUSED = "Look at its documents; the next try would be declined too."


class _InputDetails(BaseModel):
    cached_tokens: Tokens = 0
    cache_write_tokens: Tokens = 0


class _OutputDetails(BaseModel):
    reasoning_tokens: Tokens = 0


class _Usage(BaseModel):
    input_tokens: Tokens
    output_tokens: Tokens
    input_tokens_details: _InputDetails | None = None
    output_tokens_details: _OutputDetails | None = None

    def plain(self) -> Usage:
        more = self.input_tokens_details or _InputDetails()
        reasoning = (self.output_tokens_details or _OutputDetails()).reasoning_tokens
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

    @model_validator(mode="before")
    @classmethod
    def _of_message(cls, item: Any) -> Any:
        """Read the content of messages alone: that of other kinds may have any form."""
        return item if not isinstance(item, dict) or item.get("type") == "message" else {"type": item.get("type")}


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
        """Return the parts of a kind of the last message; those before it are comments on the way."""
        messages = [item for item in self.output if item.type == "message"]
        return [part for item in messages[-1:] for part in item.content or () if part.type == kind]


def read(ask: Ask, received: Received) -> Outcome[BaseModel]:
    """Return what a reply of status 200 holds."""
    request_id = known(received.headers.get("x-request-id"))
    try:
        reply = _Reply.model_validate_json(received.body)
    except ValidationError:
        return Outcome(State.UNKNOWN, failure=unanswered(ask, "The reply is no response"), request_id=request_id)
    answer = _answer(ask, reply)
    usage = reply.usage.plain() if reply.usage else None
    return Outcome(
        State.SETTLED if usage else State.UNKNOWN,
        answer=None if isinstance(answer, Failure) else answer,
        failure=answer if isinstance(answer, Failure) else None,
        usage=usage,
        model=known(reply.model) or "unnamed",
        tier=known(reply.service_tier) or STANDARD,
        request_id=request_id,
        pause=used_up(received.headers),
        refused=(reply.error or _Details()).code == _TOO_MUCH,
    )


def _answer(ask: Ask, reply: _Reply) -> BaseModel | Failure:
    if reply.status == "incomplete":
        return _incomplete(ask, (reply.incomplete_details or _Details()).reason or "no reason")
    if reply.status != "completed":
        return _ended_badly(ask, reply)
    if reply.parts("refusal"):
        return Refused("The model declined to answer.", subject=subject(ask), next_step=_REFUSED)
    try:
        text = "".join(part.text for part in reply.parts("output_text"))
        return ask.answer.model_validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        kinds = sorted({problem["type"] for problem in error.errors(include_url=False, include_input=False)})
        return Malformed(f"The answer does not have its shape ({', '.join(kinds)[:200]}).", subject=subject(ask))


def _incomplete(ask: Ask, reason: str) -> Failure:
    if reason == "content_filter":
        return Refused("The provider's filter cut the answer off.", subject=subject(ask), next_step=_REFUSED)
    return Truncated(
        f"The answer did not end within {ask.max_output_tokens:,} tokens ({known(reason)}).",
        subject=subject(ask),
        next_step="Ask for less, or allow it more.",
    )


def _ended_badly(ask: Ask, reply: _Reply) -> Failure:
    code = known((reply.error or _Details()).code) or known(reply.status)
    if code == _TOO_MUCH:
        return RateLimited("The provider took on too much.", subject=subject(ask))
    if code in _FAULTS:
        return unanswered(ask, f"The provider failed at it ({code})")
    return Refused(f"The provider refused to answer ({code}).", subject=subject(ask), next_step=_REFUSED)
