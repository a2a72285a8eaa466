"""Which field of which kind of fact a property of a schema asks for.

Belongs here: names against names. Does not: putting values in (`filling`).
"""

from collections.abc import Iterable
from functools import lru_cache

from sandbox.openai.reader.vocabulary import DAYS, PRIMARY, SYNONYMS
from sandbox.sites.facts import FIELDS

ASIDE = frozenset(
    [
        "evidence",
        "sources",
        "citations",
        "quotes",
        "quote",
        "document",
        "document_id",
        "source",
        "url",
        "confidence",
        "certainty",
        "event_date",
        "date",
        "status",
        "reason",
        "notes",
        "explanation",
        "page",
        "excerpt",
        "verbatim",
    ]
)
"""Properties of a finding that belong to no kind of fact."""


def field_of(name: str, kind: str) -> str | None:
    """Return the field of a kind of fact that a property asks for, or None."""
    fields = FIELDS[kind]
    if name in fields:
        return name
    if name in {"name", PRIMARY[kind] + "_name", PRIMARY[kind] + "s"}:
        return PRIMARY[kind]
    return next((field for field in fields if name in SYNONYMS.get(field, ())), None)


def day_of(kind: str) -> str | None:
    """Return the field of a kind of fact that tells when it happened, or None."""
    return next((field for field in DAYS if field in FIELDS[kind]), None)


@lru_cache(maxsize=512)
def kinds_of(names: frozenset[str], among: frozenset[str]) -> frozenset[str]:
    """Return the kinds of fact that properties fit best, at least half of them.

    Args:
        names: The properties.
        among: Kinds that are asked for; the others may fit better, then none of these is meant.
    """
    wanted = names - ASIDE
    if not wanted:
        return frozenset()
    fits = {kind: sum(field_of(name, kind) is not None for name in wanted) for kind in FIELDS}
    best = max(fits.values())
    if best * 2 < len(wanted):
        return frozenset()
    return frozenset(kind for kind, fit in fits.items() if fit == best) & among


def is_evidence(name: str, names: Iterable[str]) -> bool:
    """Return whether a list of objects with these properties holds quotes, and no findings."""
    return name in {"evidence", "sources", "citations", "quotes"} or "quote" in names
