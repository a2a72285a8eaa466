"""What came of a request, in the vocabulary of failure, whatever was bought: the one place that reads refusals.

Belongs here: what a failed request means for the item and for the money. Does not: reading answers (`llm.responses`,
`llm.speech`), acting on any of it (`llm.door`).

No sentence holds a word of a reply but codes: error messages quote prompts.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic

import httpx2
import openai

from nooks_dagster.failures import Failure, Permanent, QuotaExhausted, RateLimited, Transient, Unanswered, Unauthorized
from nooks_dagster.llm.asking import AnswerT_co, Usage, Wanted
from nooks_dagster.llm.client import TooLong
from nooks_dagster.llm.outcomes import Unusable
from nooks_dagster.llm.paces import told_to_wait
from nooks_dagster.llm.prices import STANDARD
from nooks_dagster.llm.purchases import State

_CODE = re.compile(r"[A-Za-z0-9_.\[\]-]{1,64}")
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should do about a refused request, by what was bought.

    Attributes:
        model: Where another model is chosen.
        too_long: What is said of that which is too long, or too large.
        shorten: And what helps.
        wrong: What helps where the request itself is refused.
    """

    model: str
    too_long: str
    shorten: str
    wrong: str


@dataclass(frozen=True, slots=True)
class Outcome(Generic[AnswerT_co]):
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
    answer: AnswerT_co | None = field(default=None, repr=False)
    failure: Failure | None = None
    usage: Usage | None = None
    model: str | None = None
    tier: str = STANDARD
    request_id: str | None = None
    pause: timedelta = timedelta()
    refused: bool = False
    lingers: bool = False


def failed(ask: Wanted, error: Exception, advice: Advice) -> Outcome[Any]:
    """Return what an error of the client means."""
    if isinstance(error, openai.APIStatusError):
        return _refusal(ask, error, advice)
    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, _NEVER_SENT):
        return Outcome(State.RELEASED, failure=unanswered(ask, "No connection could be made"))
    slow = isinstance(cause, (TooLong, httpx2.TimeoutException))
    failure = unanswered(ask, "No reply came in time" if slow else "The connection broke")
    return Outcome(State.UNKNOWN, failure=failure, lingers=slow)


def _refusal(ask: Wanted, error: openai.APIStatusError, advice: Advice) -> Outcome[Any]:
    """Say what a status other than 200 means; errors below 500 are not billed."""
    status, request_id = error.status_code, known(error.request_id)
    code = known(error.code) or known(error.type) or "no code"
    if status == 429 and "insufficient_quota" in (error.code, error.type):
        return Outcome(State.RELEASED, failure=_spent(ask), request_id=request_id)
    if status == 429:
        pause = told_to_wait(error.response.headers)
        limited = RateLimited(f"The provider wants fewer requests ({code}).", subject=subject(ask), retry_in=pause)
        return Outcome(State.RELEASED, failure=limited, request_id=request_id, pause=pause, refused=True)
    if status == 408 or status >= 500:
        return Outcome(State.UNKNOWN, failure=unanswered(ask, f"The provider failed ({status})"), request_id=request_id)
    return Outcome(State.RELEASED, failure=_refused_request(ask, status, code, advice), request_id=request_id)


def _refused_request(ask: Wanted, status: int, code: str, advice: Advice) -> Failure:
    words: dict[str, Any] = {"subject": subject(ask)}
    if status == 401:
        return Unauthorized(
            f"The key was refused ({code}).", subject="OpenAI", next_step="Correct OPENAI_API_KEY in .env."
        )
    if status == 403:
        next_step = "Give the key's project leave to use it, at the provider."
        return Unauthorized(f"The key may not use {ask.model} ({code}).", subject="OpenAI", next_step=next_step)
    if status == 404:
        next_step = f"Choose another ({advice.model})."
        return Unusable(f"The provider knows no model {ask.model} ({code}).", next_step=next_step, **words)
    if status == 413 or code == "context_length_exceeded":
        return Permanent(advice.too_long, next_step=advice.shorten, **words)
    if status == 409:
        return Transient(f"The provider was at it already ({code}).", **words)
    return Permanent(f"The provider refused the request ({status}, {code}).", next_step=advice.wrong, **words)


def _spent(ask: Wanted) -> QuotaExhausted:
    return QuotaExhausted(
        "The provider's account has no money left.",
        subject=f"OpenAI, {ask.workspace}",
        next_step="Add some at the provider; it is asked again every ten minutes.",
    )


def unanswered(ask: Wanted, what: str) -> Unanswered:
    """Return the failure of a request without an answer."""
    return Unanswered(f"{what}.", subject=subject(ask))


def subject(ask: Wanted) -> str:
    """Return what a failure is about."""
    return f"{ask.purpose} of {ask.subject}"


def known(word: str | None) -> str | None:
    """Return a word of the provider's that is no more than a word."""
    return word if word and _CODE.fullmatch(word) else None
