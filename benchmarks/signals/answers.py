"""Answers as applications read them: which account, how it ended, when, and what it found.

Belongs here: reading them. Does not: whether they are true (`benchmarks.signals.truth`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.crms import WORKSPACE
from benchmarks.signals.truth import Found

ANSWERS = """
    SELECT c.account_id, c.subject, c.signal, coalesce(k.batch, ''), a.status, a.reason,
        extract(epoch FROM a.observed_at)::float, l.value, l.evidence
    FROM signals.current c
    JOIN signals.answers a ON a.id = c.latest JOIN signals.answers l ON l.id = c.answer
    LEFT JOIN signals.asked k ON (k.signal, k.subject, k.workspace) = (c.signal, c.subject, c.workspace)
    WHERE c.workspace = %s AND c.gone_at IS NULL AND c.signal = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Answered:
    """An account's answer to a signal.

    `status`, `reason` and `at` (`time.time()`) are of the last look, `value` and `evidence` of the answer that stands.
    """

    account: str
    site: str
    signal: str
    batch: str
    status: str
    reason: str
    at: float
    value: Sequence[Mapping[str, Any]]
    evidence: Sequence[Any]

    @property
    def conclusive(self) -> bool:
        """Say whether it claims to know."""
        return self.status in ("found", "not_found")


def answers(url: str, signals: Sequence[str]) -> list[Answered]:
    """Return what applications read of signals."""
    with psycopg.connect(url) as conn:
        return [Answered(*row) for row in conn.execute(ANSWERS.encode(), [WORKSPACE, list(signals)])]


def found(of: Iterable[Answered]) -> Found:
    """Return the findings of answers by account and signal; of errors there are none."""
    return {(one.account, one.signal): one.value for one in of if one.status != "error"}
