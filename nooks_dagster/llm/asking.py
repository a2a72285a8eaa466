"""What is asked of a model, what comes back, and who sells it.

Belongs here: the shapes that callers see. Does not: what is heard instead (`llm.hearing`), how either is bought
(`llm.door`), what it costs (`llm.prices`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

import psycopg
from pydantic import BaseModel

AnswerT_co = TypeVar("AnswerT_co", bound=BaseModel, covariant=True)

Opening = Callable[[psycopg.Connection[Any]], None]
"""What a caller does in the transaction that reserves: checks its lease, marks its item as begun."""


def nothing(_conn: psycopg.Connection[Any]) -> None:
    """Open nothing of one's own."""


def never() -> bool:
    """Wait for as long as it takes."""
    return False


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a model, whose answer has a shape.

    Attributes:
        kind: What is bought, "text"; caps may hold for a kind.
        workspace: Who pays.
        purpose: What for, such as "signals/tech_stack".
        subject: About whom, without personal data: a site, an id.
        instructions: The fixed part of the prompt; it comes first, so that the provider's cache knows it.
        input: The part that differs.
        answer: The model of the answer; one that OpenAI's strict mode can hold to.
        model: As the price table names it.
        max_output_tokens: The most that may be written, reasoning included.
        cache_key: What prompts of the same fixed part share (`prompt_cache_key`).
        effort: How much it may reason, such as "none" or "low"; None leaves it to the model, and suits those that
            cannot reason.
        live: Whether a person waits: live work has permits of its own.
    """

    kind: str
    workspace: str
    purpose: str
    subject: str
    instructions: str = field(repr=False)
    input: str = field(repr=False)
    answer: type[BaseModel]
    model: str
    max_output_tokens: int
    cache_key: str
    effort: str | None = None
    live: bool = False


@dataclass(frozen=True, slots=True)
class Usage:
    """What was billed: tokens, or seconds of audio.

    `cached` and `cache_write` are parts of `input`, `reasoning` is a part of `output`.
    """

    input: int
    output: int
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Bought(Generic[AnswerT_co]):
    """An answer that was paid for, and is to be settled with what is made of it.

    Attributes:
        purchase: The purchase's id in `llm.purchases`.
        answer: An instance of the asked shape.
        usage: What was billed.
        cost: USD.
        model: As the provider named the one that answered.
        request_id: The provider's.
        note: What the ledger has to say about its cost, "" as a rule.
    """

    purchase: int
    answer: AnswerT_co = field(repr=False)
    usage: Usage
    cost: Decimal
    model: str
    request_id: str
    note: str = ""


class Wanted(Protocol):
    """What the ledger is told of anything that is bought; see `Ask` for the words."""

    @property
    def kind(self) -> str: ...  # noqa: D102
    @property
    def workspace(self) -> str: ...  # noqa: D102
    @property
    def purpose(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def model(self) -> str: ...  # noqa: D102
    @property
    def live(self) -> bool: ...  # noqa: D102


class Seller(Protocol):
    """Who answers for money: the `Door`, or in tests a script. Safe to share between threads."""

    def buy(self, ask: Ask, *, opening: Opening = nothing, stopped: Callable[[], bool] = never) -> Bought[BaseModel]:
        """Wait for a permit, reserve the most it can cost, and ask once; no try is repeated.

        Args:
            ask: The question.
            opening: Called in the transaction that reserves; what it raises ends the whole, and nothing is sent. What
                it locks is locked before the spend.
            stopped: Asked while waiting for a permit.

        Raises:
            Preempted: `stopped` said so; nothing was sent. No attempt.
            Deferred: A cap is reached; nothing was sent. No attempt.
            SourceDown: The provider answers nobody; nothing was sent. No attempt.
            RateLimited: The provider asks us to slow down. No attempt.
            QuotaExhausted: The provider's account has no money left. No attempt.
            Unanswered: A 5xx, a time-out, a broken connection: perhaps it was billed, so the purchase is `unknown`.
            Refused: The model does not answer this. Billed, and settled.
            Truncated: The answer was longer than allowed. Billed, and settled.
            Malformed: The answer does not have the shape. Billed, and settled.
            Unauthorized: The key was refused.
            Permanent: The request was, or its model has no price.
            Unavailable: Postgres does not answer.
        """
        ...

    def settle(self, conn: psycopg.Connection[Any], bought: Bought[BaseModel], reason: str = "") -> None:
        """Settle a purchase in the caller's transaction; settling twice is settling once.

        Call it after the caller's own rows: the rows of the spend are the last that a transaction locks.

        Args:
            conn: The transaction that keeps what was bought.
            bought: What it was.
            reason: Why it was of no use, such as "its lease was lost"; "" when it was.
        """
        ...

    def upper_bound(self, ask: Ask) -> Decimal:
        """Return the most that asking can cost, in USD.

        Raises:
            Permanent: Its model has no price.
        """
        ...
