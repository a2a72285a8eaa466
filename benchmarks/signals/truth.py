"""Whether answers are true: what was found beside what the world holds, and why something was missed.

Belongs here: comparing. Does not: what an answer must be held to before it is kept (`nooks_dagster.signals`).
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

IDENTITY: Mapping[str, Sequence[str]] = {
    "tech_stack": ("vendor", "product"),
    "leadership_hires": ("person",),
    "shared_investors": ("investor",),
    "hiring": ("department",),
    "funding": ("round", "amount"),
    "news": ("type", "summary"),
}
"""The fields by which a finding is the same as another."""

Pair = tuple[str, str]
"""Account and signal."""
Finding = Mapping[str, Any]
Found = Mapping[Pair, Sequence[Finding]]
"""The findings of each pair that has an answer."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Findings that are true, that are not, and those that were missed, by reason."""

    right: int
    wrong: int
    missed: Mapping[str, int] = field(default_factory=dict)

    @property
    def precision(self) -> float:
        """Return the share of what was found that is true."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of what is true that was found."""
        return self.right / max(1, self.right + sum(self.missed.values()))


Judge = Callable[[Found], Judged]


@dataclass(frozen=True, slots=True)
class Stated:
    """What the pages of an account state about a signal: each finding with the addresses of those pages."""

    findings: Sequence[tuple[Finding, Sequence[str]]]

    @property
    def urls(self) -> set[str]:
        """Return all the addresses."""
        return {url for _, urls in self.findings for url in urls}


World = Mapping[Pair, Stated]


def world(lines: Iterable[str]) -> World:
    """Read what `nooks-sandbox truth signals` writes."""
    rows = map(json.loads, lines)
    return {
        (row["account"], row["signal"]): Stated(
            [(one["values"], [page["url"] for page in one["pages"]]) for one in row["findings"]]
        )
        for row in rows
    }


def judged(expected: World, found: Found, read: Collection[str]) -> Judged:
    """Compare.

    Args:
        expected: What the pages state.
        found: What answers have.
        read: The addresses of the pages that could be read.
    """
    right = wrong = 0
    missed: Counter[str] = Counter()
    for pair, stated in expected.items():
        told = {identity(pair[1], one) for one in found.get(pair, ())}
        known = {identity(pair[1], values) for values, _ in stated.findings}
        right += len(known & told)
        wrong += len(told - known)
        lost = {identity(pair[1], values): urls for values, urls in stated.findings}
        for one in known - told:
            missed[_why(pair in found, any(url in read for url in lost[one]))] += 1
    return Judged(right, wrong, dict(missed))


def _why(answered: bool, could_be_read: bool) -> str:
    if not answered:
        return "no answer"
    return "not told" if could_be_read else "its page was not read"


def identity(signal: str, finding: Finding) -> tuple[str, ...]:
    """Return what tells a finding from another: texts without case, numbers by their value."""
    return tuple(_plain(finding.get(name)) for name in IDENTITY[signal])


def _plain(value: Any) -> str:
    return f"{value:.0f}" if isinstance(value, float | int) else str(value or "").casefold().strip()
