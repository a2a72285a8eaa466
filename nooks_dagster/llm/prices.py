"""What tokens cost: the one table of prices, with dates (`prices.toml`).

Belongs here: finding a price, and what tokens cost by it. Does not: what was bought (`llm.purchases`).
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources

from nooks_dagster.failures import Permanent
from nooks_dagster.llm.asking import Usage

TABLE = "nooks_dagster/llm/prices.toml"
STANDARD = "default"
"""OpenAI's name of the tier that the table is for."""
_MILLION = 1_000_000
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True)
class Price:
    """USD per million tokens of a model, from a day on."""

    model: str
    since: date
    input: Decimal
    cached: Decimal
    cache_write: Decimal
    output: Decimal

    def cost(self, usage: Usage) -> Decimal:
        """Return what was billed, in USD. What was written to or read from the cache is not input once more."""
        fresh = max(0, usage.input - usage.cached - usage.cache_write)
        parts = (
            fresh * self.input,
            usage.cached * self.cached,
            usage.cache_write * self.cache_write,
            usage.output * self.output,
        )
        return sum(parts, Decimal(0)) / _MILLION

    def most(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return the most that so many tokens cost, whatever the cache does, in USD."""
        dearest = max(self.input, self.cached, self.cache_write)
        return (input_tokens * dearest + output_tokens * self.output) / _MILLION


def price_of(model: str, day: date, tier: str = STANDARD) -> Price:
    """Return the price of a model, or of the model that it is a snapshot of, on a day.

    Raises:
        Permanent: The table has none.
    """
    if tier != STANDARD:
        raise Permanent(f"The table of prices is for the tier {STANDARD}, not for {tier}.", subject=model)
    for name in (model, _SNAPSHOT.sub("", model)):
        if prices := [price for price in _table() if price.model == name and price.since <= day]:
            return max(prices, key=lambda price: price.since)
    raise Permanent(
        f"The table of prices has none for {model} on {day}.",
        subject=model,
        next_step=f"Add a [[price]] to {TABLE}, with where you read it, or choose another model (NOOKS_LLM_MODEL).",
    )


@cache
def _table() -> Sequence[Price]:
    text = resources.files("nooks_dagster.llm").joinpath("prices.toml").read_text(encoding="utf-8")
    return [_price(row) for row in tomllib.loads(text)["price"]]


def _price(row: dict[str, object]) -> Price:
    rates = {name: Decimal(str(row[name])) for name in ("input", "cached", "cache_write", "output")}
    since = row["from"]
    if not isinstance(since, date):
        raise TypeError(f"{TABLE}: `from` of {row['model']} is no date")
    return Price(str(row["model"]), since, **rates)
