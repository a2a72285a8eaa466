"""What tokens and minutes cost: the one table of prices, with dates (`prices.toml`).

Belongs here: finding a price, and what was used costs by it. Does not: what was bought (`llm.purchases`).
"""

import math
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from nooks_dagster.failures import Permanent
from nooks_dagster.llm.asking import Usage
from nooks_dagster.llm.outcomes import Unusable

TABLE = "nooks_dagster/llm/prices.toml"
STANDARD = "default"
"""OpenAI's name of the tier that the table is for."""
_MILLION = 1_000_000
_ANOTHER = "Choose another model (NOOKS_LLM_MODEL, NOOKS_CALLS_TRANSCRIPTION_MODEL, NOOKS_CALLS_TRANSLATION_MODEL)."
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of a model, or per minute of audio, from a day on.

    Attributes:
        model: Its name.
        since: The day.
        until: The day on which the model is shut down.
        input: Tokens read.
        cached: Of these, what the cache held.
        cache_write: And what was written to it.
        output: Tokens written.
        minute: Of audio, for a model that is not sold by the token.
        most_input: Tokens that a model of speech reads in one request at most; 0 of any other model.
        most_output: And writes.
    """

    model: str
    since: date
    until: date | None = None
    input: Decimal = Decimal(0)
    cached: Decimal = Decimal(0)
    cache_write: Decimal = Decimal(0)
    output: Decimal = Decimal(0)
    minute: Decimal | None = None
    most_input: int = 0
    most_output: int = 0

    def cost(self, usage: Usage) -> Decimal:
        """Return what was billed, in USD. What was written to or read from the cache is not input once more.

        Raises:
            Permanent: It was billed in another unit than it has a price for.
        """
        if self.minute is not None:
            return Decimal(str(usage.seconds)) * self.minute / 60
        if usage.seconds and not usage.input:
            raise Permanent("It was billed by the second, and its price is by the token.", subject=self.model)
        fresh = max(0, usage.input - usage.cached - usage.cache_write)
        parts = (
            fresh * self.input,
            usage.cached * self.cached,
            usage.cache_write * self.cache_write,
            usage.output * self.output,
        )
        return sum(parts, Decimal(0)) / _MILLION

    def most(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return the most that so many tokens cost, whatever the cache does, in USD.

        Raises:
            Unusable: The model is sold by the minute.
        """
        if self.minute is not None:
            raise Unusable("The model hears, and answers no questions.", subject=self.model, next_step=_ANOTHER)
        dearest = max(self.input, self.cached, self.cache_write)
        return (input_tokens * dearest + output_tokens * self.output) / _MILLION

    def most_of_audio(self, seconds: float) -> Decimal:
        """Return the most that hearing so much costs, in USD: billed are whole seconds, and one more by rounding.

        Raises:
            Unusable: The model does not hear.
        """
        if self.minute is not None:
            return (math.ceil(seconds) + 1) * self.minute / 60
        if not self.most_input:
            raise Unusable("The model does not hear.", subject=self.model, next_step=_ANOTHER)
        return self.most(self.most_input, self.most_output)


def price_of(model: str, day: date, tier: str = STANDARD) -> Price:
    """Return the price of a model, or of the model that it is a snapshot of, on a day.

    Raises:
        Permanent: The table is for another tier.
        Unusable: It has none, or the model is sold no more.
    """
    if tier != STANDARD:
        raise Permanent(f"The table of prices is for the tier {STANDARD}, not for {tier}.", subject=model)
    for name in (model, _SNAPSHOT.sub("", model)):
        if prices := [price for price in _table() if price.model == name and price.since <= day]:
            return _sold(max(prices, key=lambda price: price.since), day)
    raise Unusable(
        f"The table of prices has none for {model} on {day}.",
        subject=model,
        next_step=f"Add a [[price]] to {TABLE}, with where you read it. Or: {_ANOTHER}",
    )


def _sold(price: Price, day: date) -> Price:
    if price.until and day >= price.until:
        raise Unusable(f"The provider has shut it down on {price.until}.", subject=price.model, next_step=_ANOTHER)
    return price


@cache
def _table() -> Sequence[Price]:
    text = resources.files("nooks_dagster.llm").joinpath("prices.toml").read_text(encoding="utf-8")
    return [_price(row) for row in tomllib.loads(text)["price"]]


def _price(row: dict[str, Any]) -> Price:
    since, until = row["from"], row.get("until")
    if not isinstance(since, date) or not isinstance(until, date | None):
        raise TypeError(f"{TABLE}: `from` or `until` of {row['model']} is no date")
    return Price(
        row["model"],
        since,
        until,
        input=Decimal(row.get("input", 0)),
        cached=Decimal(row.get("cached", 0)),
        cache_write=Decimal(row.get("cache_write", 0)),
        output=Decimal(row.get("output", 0)),
        minute=Decimal(row["minute"]) if "minute" in row else None,
        most_input=row.get("most_input", 0),
        most_output=row.get("most_output", 0),
    )
