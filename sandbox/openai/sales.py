"""The ledger of what was sold: to whom, how much, and what was sold more than once.

Belongs here: sums since the start or the last reset, a journal of sales that outlives the process.
Does not: prices (`models`), requests that were refused (`sandbox.counters`, `http.limits`).
"""

import json
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from sandbox.openai.models import Usage

_TOKENS = tuple(field.name for field in fields(Usage))


@dataclass(frozen=True, slots=True)
class Sale:
    """One answer that is billed.

    Args:
        project: Whose key it was.
        model: Its snapshot.
        question: Hash of what was asked about which documents; volatile parts left out.
        outcome: `answered`, or the trouble that it met.
        usage: The tokens.
        usd: What they cost.
        seconds: That the answer took, as drawn.
        audio_seconds: That were transcribed.
    """

    project: str
    model: str
    question: str
    outcome: str
    usage: Usage
    usd: float
    seconds: float
    audio_seconds: float = 0.0


def journal_of(journal: Path | None, of: str = "sales") -> Path | None:
    """Return where sales are written beside a journal of pages: `pages.sales.jsonl` beside `pages.jsonl`."""
    return journal.with_name(f"{journal.stem}.{of}{journal.suffix}") if journal else None


class Sales:
    """All sales of one process; every method may be called from any thread.

    Args:
        journal: A file with a line for each sale. What stands in it is counted again, so that a restart is not noticed.
    """

    def __init__(self, journal: Path | None = None) -> None:
        self._lock = threading.Lock()
        self._in_flight = 0
        self._clear()
        if journal and journal.exists():
            self._read(journal)
        self._journal = journal.open("a", buffering=1) if journal else None

    def _clear(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._tokens: Counter[str] = Counter()
        self._usd: defaultdict[str, float] = defaultdict(float)
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._failed: Counter[str] = Counter()
        self._asked: dict[str, tuple[int, str]] = {}
        self._tries: Counter[str] = Counter()
        self._again: Counter[str] = Counter()
        self._lost = 0
        self._audio = 0.0
        self._peak = self._in_flight

    @contextmanager
    def flight(self) -> Iterator[None]:
        """Count a request for an answer as in flight while the block runs."""
        with self._lock:
            self._in_flight += 1
            self._peak = max(self._peak, self._in_flight)
        try:
            yield
        finally:
            with self._lock:
                self._in_flight -= 1

    def add(self, sale: Sale) -> None:
        """Count a sale."""
        with self._lock:
            self._count(sale)
            if self._journal:
                self._write({"at": time.time(), **asdict(sale)})

    def failed(self, outcome: str, seconds: float) -> None:
        """Count a request that took its time and was not billed."""
        with self._lock:
            self._failed[outcome] += 1
            self._seconds[outcome] += seconds

    def lost(self, sale: Sale) -> None:
        """Count that the reply to a sale never reached its buyer."""
        with self._lock:
            self._lose(sale.question)
            self._write({"at": time.time(), "lost": sale.question})

    def next_try(self, question: str) -> int:
        """Count a try of a question, sold or not, and return its number, from 1."""
        with self._lock:
            self._tries[question] += 1
            return self._tries[question]

    def spent(self, project: str) -> float:
        """Return what a project bought, in USD."""
        return self._spent.get(project, 0.0)

    def set_spent(self, project: str, usd: float) -> None:
        """Let a project have bought for so much; a restart forgets it."""
        with self._lock:
            self._spent[project] = usd

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        with self._lock:
            self._clear()
            self._write({"at": time.time(), "reset": True})

    def snapshot(self) -> dict[str, Any]:
        """Return all sums, ready for JSON."""
        with self._lock:
            again = {f"after_{outcome}": count for outcome, count in sorted(self._again.items())}
            return {
                "sold": self._outcomes.total(),
                "outcomes": dict(sorted(self._outcomes.items())),
                "tokens": dict(self._tokens),
                **({"audio_seconds": round(self._audio, 3)} if self._audio else {}),
                "usd": round(sum(self._usd.values()), 9),
                "usd_by_model": {name: round(usd, 9) for name, usd in sorted(self._usd.items())},
                "usd_by_project": {name: round(usd, 9) for name, usd in sorted(self._spent.items())},
                "questions": len(self._asked),
                "sold_again": self._again.total(),
                **({"sold_again_because": again} if again else {}),
                "billed_unanswered": self._lost,
                "failed": dict(sorted(self._failed.items())),
                "seconds": {name: round(seconds, 6) for name, seconds in sorted(self._seconds.items())},
                "in_flight": self._in_flight,
                "peak_in_flight": self._peak,
            }

    def _count(self, sale: Sale) -> None:
        times, last = self._asked.get(sale.question, (0, ""))
        if times:
            self._again[last] += 1
        self._asked[sale.question] = (times + 1, sale.outcome)
        self._outcomes[sale.outcome] += 1
        self._tokens.update({name: getattr(sale.usage, name) for name in _TOKENS})
        self._usd[sale.model] += sale.usd
        self._spent[sale.project] += sale.usd
        self._seconds[sale.outcome] += sale.seconds
        self._audio += sale.audio_seconds

    def _lose(self, question: str) -> None:
        self._lost += 1
        if question in self._asked:
            self._asked[question] = (self._asked[question][0], "unanswered")

    def _write(self, line: dict[str, Any]) -> None:
        if self._journal:
            self._journal.write(f"{json.dumps(line)}\n")

    def _read(self, journal: Path) -> None:
        with journal.open() as lines:
            for line in lines:
                entry = json.loads(line)
                if "reset" in entry:
                    self._clear()
                elif "lost" in entry:
                    self._lose(entry["lost"])
                else:
                    entry.pop("at")
                    self._count(Sale(**{**entry, "usage": Usage(**entry["usage"])}))


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What is sold, each kind in a ledger of its own.

    Args:
        answers: Of models that answer in words.
        audio: Transcriptions.
    """

    answers: Sales
    audio: Sales

    def spent(self, project: str) -> float:
        """Return what a project bought, of whatever kind, in USD."""
        return self.answers.spent(project) + self.audio.spent(project)

    def reset(self) -> None:
        """Forget everything but what is in flight."""
        self.answers.reset()
        self.audio.reset()


def ledgers(journal: Path | None = None) -> Ledgers:
    """Return the ledgers.

    Args:
        journal: Of pages; those of sales stand beside it.
    """
    return Ledgers(Sales(journal_of(journal)), Sales(journal_of(journal, "audio")))
