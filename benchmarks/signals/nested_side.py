"""The nested shape's side of a measurement: its tables, its jobs started shortly after each other, what came of them.

Belongs here: before and after its jobs. Does not: a job (`benchmarks.signals.nested`), judging heartbeats
(`benchmarks.signals.orchestrator`).
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.services import Services
from benchmarks.signals.meter import metered, spread
from benchmarks.signals.nested import PAGE_ACCOUNTS
from benchmarks.signals.orchestrator import Ended, Orchestrator
from benchmarks.signals.report import Side
from benchmarks.signals.terms import Terms, befallen
from benchmarks.signals.truth import Judge, Pair

JOBS = 3
APART_SECONDS = 5.0
"""Between the starts of two jobs: the nightly one, the one after a sync, and somebody's click."""
BEAT_SECONDS, TIMEOUT_SECONDS = 10.0, 30.0

TABLES = """
    CREATE SCHEMA nested;
    CREATE TABLE nested.documents (id text PRIMARY KEY, line text NOT NULL);
    CREATE TABLE nested.cache (key text PRIMARY KEY, answer text NOT NULL);
    CREATE TABLE nested.answers (
        job integer, account text, signal text, answer text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (job, account, signal)
    );
    CREATE TABLE nested.failures (
        job integer, account text, signal text, class text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp()
    );
"""
ANSWERED = "SELECT job, account, signal, extract(epoch FROM at)::float FROM nested.answers"
FAILED = """
    SELECT job, account, signal, extract(epoch FROM max(at))::float FROM nested.failures f
    WHERE NOT EXISTS (SELECT FROM nested.answers a WHERE (a.job, a.account, a.signal) = (f.job, f.account, f.signal))
    GROUP BY job, account, signal
"""
SAID = "SELECT DISTINCT ON (account, signal) account, signal, answer FROM nested.answers ORDER BY account, signal, job"


@dataclass(frozen=True, slots=True)
class Given:
    """What the jobs are given: accounts and questions as `benchmarks.signals.nested.Job` wants them, and documents."""

    accounts: Sequence[Mapping[str, Any]]
    questions: Sequence[Mapping[str, Any]]
    documents: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Nested:
    """One measurement of the nested shape.

    Args:
        where: The services.
        url: The database of its tables.
        given: What the jobs get.
        terms: How the provider goes.
    """

    where: Services
    url: str
    given: Given
    terms: Terms

    def measure(self, *, troubled: bool, judge: Judge) -> Side:
        """Run the jobs, and say what came of them."""
        payloads = self._prepared()
        troubles = self.terms.troubles() if troubled else []
        with metered(self.where) as seen, befallen(self.where, troubles), ThreadPoolExecutor(JOBS) as threads:
            jobs = list(threads.map(self._run, range(JOBS), payloads))
        seconds = max(job.ended for job in jobs) - min(job.began for job in jobs)
        answered, failed = self._times(ANSWERED), self._times(FAILED)
        wanted = JOBS * len(self.given.accounts) * len(self.given.questions)
        gaps = sorted(gap for job in jobs for gap in job.gaps)
        return Side(
            seconds=round(seconds, 3),
            wanted=wanted,
            failed=wanted - len(answered),
            runs=JOBS,
            runs_failed=sum(not job.completed for job in jobs),
            attempts=sum(job.attempts for job in jobs),
            batch_seconds=spread(list(self._batches(jobs, answered | failed))),
            answer_seconds=spread([at - jobs[job].began for (job, _, _), at in answered.items()]),
            gap_seconds=spread(gaps),
            bound=0,
            sold=seen.sold,
            cpu={"platform": round(sum(job.cpu for job in jobs), 2), **seen.cpu},
            peak_mb={"platform": round(max(job.peak_mb for job in jobs), 1), **seen.peak_mb},
            judged=judge(self._said()),
        )

    def _run(self, job: int, payload: Path) -> Ended:
        scale = self.terms.scale
        time.sleep(job * APART_SECONDS * scale)
        return Orchestrator(self.where.folder, self.where.variables, TIMEOUT_SECONDS * scale, scale).run(job, payload)

    def _prepared(self) -> list[Path]:
        """Make the tables and the payloads; all that a job needs is in its payload, but the documents' texts."""
        with psycopg.connect(self.url, autocommit=True) as conn:
            conn.execute(TABLES.encode())
            with conn.cursor().copy("COPY nested.documents FROM STDIN") as copy:
                for row in self.given.documents.items():
                    copy.write_row(row)
        return [self._payload(job) for job in range(JOBS)]

    def _payload(self, job: int) -> Path:
        path = self.where.folder / f"job-{job}.json"
        values = {
            "number": job,
            "accounts": self.given.accounts,
            "questions": self.given.questions,
            "database": self.url,
            "beat_seconds": BEAT_SECONDS * self.terms.scale,
        }
        path.write_text(json.dumps(values))
        return path

    def _times(self, query: str) -> dict[tuple[int, str, str], float]:
        with psycopg.connect(self.url) as conn:
            return {(job, account, signal): at for job, account, signal, at in conn.execute(query.encode())}

    def _batches(self, jobs: Sequence[Ended], over: Mapping[tuple[int, str, str], float]) -> Iterator[float]:
        """Yield, of each job, page and signal, the seconds until the last account was over, or its job was."""
        names = [account["id"] for account in self.given.accounts]
        for job in jobs:
            for page in (names[at : at + PAGE_ACCOUNTS] for at in range(0, len(names), PAGE_ACCOUNTS)):
                for question in self.given.questions:
                    keys = [(job.job, account, question["name"]) for account in page]
                    yield max(over.get(key, job.ended) for key in keys) - job.began

    def _said(self) -> dict[Pair, list[Mapping[str, Any]]]:
        with psycopg.connect(self.url) as conn:
            rows = conn.execute(SAID.encode()).fetchall()
        return {(account, signal): json.loads(answer).get("findings") or [] for account, signal, answer in rows}
