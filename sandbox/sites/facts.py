"""What can be known of a company, and what is only said near it.

Belongs here: one fact and its fields, and which signal asks for which kind.
Does not: how a sentence states it (`sandbox.sites.sentences`), which facts a company has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Value = str | int | None

FIELDS: Mapping[str, tuple[str, ...]] = {
    "technology": ("vendor", "product", "category"),
    "hire": ("person", "title", "seniority", "start_date", "previous_company"),
    "investor": ("investor", "round"),
    "opening": ("department", "open_roles", "roles"),
    "funding": ("round", "amount", "currency", "announced_on", "lead_investor"),
    "news": ("type", "summary", "published_on"),
    "office": ("city", "country"),
    "partner": ("partner",),
    "certification": ("certification",),
    "customer": ("customer",),
}
"""The kinds of fact with their fields. Days are ISO 8601, amounts whole units of the currency; `roles` is a list of
names with `, ` between. Null is what a sentence does not say."""

KIND_OF_SIGNAL: Mapping[str, str] = {
    "tech_stack": "technology",
    "leadership_hires": "hire",
    "shared_investors": "investor",
    "hiring": "opening",
    "funding": "funding",
    "news": "news",
}


@dataclass(frozen=True)
class Fact:
    """One statement.

    Args:
        kind: One of `FIELDS`.
        values: Its fields, all of them.
        subject: Of which other company it is said; None: of the company whose site it is.
        past: Whether it is denied, or no longer holds.
    """

    kind: str
    values: Mapping[str, Value]
    subject: str | None = None
    past: bool = False

    @property
    def about_us(self) -> bool:
        """Whether it holds, and of the company whose site it is; only such facts are truths about it."""
        return self.subject is None and not self.past

    def __hash__(self) -> int:
        return hash((self.kind, tuple(sorted(self.values.items(), key=str)), self.subject, self.past))


def fact(kind: str, *, subject: str | None = None, past: bool = False, **values: Any) -> Fact:
    """Return a fact; fields that are left out are null.

    Raises:
        ValueError: The kind has no such field.
    """
    unknown = values.keys() - set(FIELDS[kind])
    if unknown:
        raise ValueError(f"a fact of kind {kind} has no {', '.join(sorted(unknown))}; it has {', '.join(FIELDS[kind])}")
    return Fact(kind, {name: values.get(name) for name in FIELDS[kind]}, subject, past)
