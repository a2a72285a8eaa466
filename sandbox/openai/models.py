"""The models on sale, and their prices.

Belongs here: names, snapshots, USD per million tokens as OpenAI's pages gave them in November 2026, what each can do.
Does not: selling (`sales`), listing them (`http.models`).
"""

from dataclasses import dataclass

_WRITE_PREMIUM = 1.25
"""What a token costs that is written to the prompt cache, in tokens of input; models before GPT-5.6 write for free."""
_LONG_PROMPT = 272_000
"""Above so many tokens of input, models since GPT-5.4 cost 2 times for input and 1.5 times for output."""
_TIERS = {"flex": 0.5, "priority": 2.0}
"""Factor of a service tier on all prices."""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of one answer; `cached` and `written` are parts of `input`, `reasoning` is one of `output`."""

    input: int
    cached: int
    written: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True)
class Model:
    """A model. Prices are USD per million tokens.

    Args:
        name: By which it is asked for.
        snapshot: What replies call it.
        created: When, in Unix seconds.
        effort: Of reasoning, where the request says nothing; empty for a model that does not reason.
        writes: Whether tokens that are written to the prompt cache are told, and cost more.
        window: Tokens of input and output together.
    """

    name: str
    snapshot: str
    created: int
    input: float
    cached: float
    output: float
    effort: str = "none"
    writes: bool = False
    window: int = 400_000

    def cost(self, usage: Usage, tier: str = "default") -> float:
        """Return what an answer costs, in USD."""
        plain = usage.input - usage.cached - usage.written
        prompt = self.input * (plain + _WRITE_PREMIUM * usage.written) + self.cached * usage.cached
        completion = self.output * usage.output
        if usage.input > _LONG_PROMPT and self.window > 400_000:
            prompt, completion = prompt * 2, completion * 1.5
        return (prompt + completion) * _TIERS.get(tier, 1.0) / 1e6


_ALL = (
    Model("gpt-6-sol", "gpt-6-sol", 1790035200, 2, 0.2, 10, "medium", writes=True, window=1_050_000),
    Model("gpt-6-luna", "gpt-6-luna", 1790035200, 0.1, 0.01, 0.5, "medium", writes=True, window=1_050_000),
    Model("gpt-5.6-sol", "gpt-5.6-sol", 1783382400, 4, 0.4, 20, "medium", writes=True, window=1_050_000),
    Model("gpt-5.6-terra", "gpt-5.6-terra", 1783382400, 2, 0.2, 12, "medium", writes=True, window=1_050_000),
    Model("gpt-5.6-luna", "gpt-5.6-luna", 1783382400, 0.2, 0.02, 1.2, "medium", writes=True, window=1_050_000),
    Model("gpt-5.5", "gpt-5.5-2026-04-23", 1776902400, 5, 0.5, 30, "medium", window=1_050_000),
    Model("gpt-5.4", "gpt-5.4", 1772668800, 2.5, 0.25, 15, window=1_050_000),
    Model("gpt-5.4-mini", "gpt-5.4-mini-2026-03-17", 1773705600, 0.75, 0.075, 4.5),
    Model("gpt-5.4-nano", "gpt-5.4-nano-2026-03-17", 1773705600, 0.2, 0.02, 1.25),
    Model("gpt-5.1", "gpt-5.1-2025-11-13", 1762992000, 1.25, 0.125, 10),
    Model("gpt-5", "gpt-5-2025-08-07", 1754524800, 1.25, 0.125, 10, "medium"),
    Model("gpt-5-mini", "gpt-5-mini-2025-08-07", 1754524800, 0.25, 0.025, 2, "medium"),
    Model("gpt-5-nano", "gpt-5-nano-2025-08-07", 1754524800, 0.05, 0.005, 0.4, "medium"),
    Model("gpt-4.1", "gpt-4.1-2025-04-14", 1744588800, 2, 0.5, 8, "", window=1_000_000),
    Model("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", 1744588800, 0.4, 0.1, 1.6, "", window=1_000_000),
    Model("gpt-4o-mini", "gpt-4o-mini-2024-07-18", 1721260800, 0.15, 0.075, 0.6, "", window=128_000),
)
MODELS = {name: model for model in _ALL for name in (model.name, model.snapshot)}
"""Every model by its name, and by its snapshot's."""
