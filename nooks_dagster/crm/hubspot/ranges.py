"""Ranges of ids: the chunks of a history, and what several readers of one chunk share.

Belongs here: arithmetic on ids. Does not: where borders are found (`searching`), reading (`listing`).

The first range of a plan is open below and the last one above, so a record made meanwhile has its range too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Span:
    """The ids in [low, high); without `high` all from `low` on. Ids begin with 1."""

    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """A chunk of a history: its span, and between which ids its records were found, to share it out by."""

    span: Span
    first: int
    last: int

    @classmethod
    def of(cls, spec: Mapping[str, str]) -> "Range":
        """Read a range from the spec of a chunk."""
        high = spec.get("high")
        return cls(Span(int(spec["low"]), int(high) if high else None), int(spec["first"]), int(spec["last"]))

    @property
    def spec(self) -> dict[str, str]:
        """Return what `of` reads."""
        spec = {"low": str(self.span.low), "first": str(self.first), "last": str(self.last)}
        return spec if self.span.high is None else {**spec, "high": str(self.span.high)}

    def shares(self, readers: int) -> list[Span]:
        """Return spans that make up this one, about one for each reader."""
        width = (self.last - self.first) // readers + 1
        inner = [at for at in range(self.first + width, self.last + 1, width) if at > self.span.low]
        borders = [self.span.low, *inner]
        return [*(Span(low, high) for low, high in pairwise(borders)), Span(borders[-1], self.span.high)]
