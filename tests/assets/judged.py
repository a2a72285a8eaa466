"""Judging as the step of the checks does, without a run: that costs seconds, the judging milliseconds.

Belongs here: verdicts by name, and what is read of them. Does not: the evidence of a domain.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import dagster as dg

from assets.judging import Check

EvidenceT = TypeVar("EvidenceT")
Verdicts = Mapping[str, dg.AssetCheckResult]
"""By "<asset> <check>"."""


def last(key: dg.AssetKey) -> str:
    return str(key.path[-1])


def judged(
    checks: Iterable[Check[EvidenceT]],
    known: EvidenceT,
    health: dg.AssetKey,
    named: Callable[[dg.AssetKey], str] = last,
) -> Verdicts:
    """Return the verdict of each check on each of its assets, and on the health of all."""
    found = {}
    for check in checks:
        findings = list(check.find(known))
        for key in (*check.keys, health):
            found[f"{named(key)} {check.name}"] = check.result(key, findings, all_of_them=key == health)
    return found


def red(found: Verdicts) -> set[str]:
    return {name for name, one in found.items() if not one.passed}


def worst(found: Verdicts, name: str) -> str:
    return str(found[name].metadata["worst"].value)
