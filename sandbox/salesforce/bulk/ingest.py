"""Ingest jobs of Bulk API 2.0, durable: rows that are uploaded, then written.

Belongs here: their rows in the store, their states. Does not: CSV (`ingest_rows`), granting what the rows want
(`sandbox.salesforce.http.ingest`), what came of it, which the org itself remembers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sandbox.salesforce.bulk.jobs import Api
from sandbox.salesforce.bulk.registry import new_id
from sandbox.salesforce.bulk.terms import BulkTerms
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.org import Org, SoqlError

_COLUMNS = "id, version, operation, sobject, key, delimiter, line_ending, created, state, ended, error, data"


class Stage(StrEnum):
    """Where a job stands, as the API names it."""

    OPEN = "Open"
    UPLOAD_COMPLETE = "UploadComplete"
    IN_PROGRESS = "InProgress"
    JOB_COMPLETE = "JobComplete"
    FAILED = "Failed"
    ABORTED = "Aborted"


@dataclass(frozen=True, slots=True)
class IngestJob:
    """A job. `stored` is the last stage that somebody brought about; `ended` when what is done may be seen as done."""

    id: str
    version: str
    operation: str
    sobject: str
    key: str
    delimiter: str
    line_ending: str
    created: datetime
    stored: Stage = Stage.OPEN
    ended: datetime | None = None
    error: str | None = None
    data: bytes = b""

    def stage(self, now: datetime) -> Stage:
        """Return where it stands at a moment: its rows are written at once, but it takes its time to say so."""
        early = self.ended is not None and now < self.ended
        return Stage.IN_PROGRESS if early and self.stored in {Stage.JOB_COMPLETE, Stage.FAILED} else self.stored


class Ingests:
    """The ingest jobs of all orgs.

    Args:
        store: Where they are kept.
        terms: How fast they are processed.
    """

    def __init__(self, store: Store, terms: BulkTerms) -> None:
        self._store = store
        self._terms = terms

    def add(self, org: Org, job: IngestJob) -> None:
        """Keep a new job."""
        known = (job.version, job.operation, job.sobject, job.key, job.delimiter, job.line_ending)
        created = job.created.timestamp()
        self._store.run(
            f"INSERT INTO ingest_jobs (org, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)",  # noqa: S608 # our own words
            *(org.name, job.id, *known, created, job.stored, job.data),
        )

    def find(self, org: Org, job_id: str) -> IngestJob:
        """Return a job by its 15 or 18 character id.

        Raises:
            SoqlError: NOT_FOUND.
        """
        id15 = to15(job_id)
        found = self._select(org, "id = ?", to18(id15)) if id15 else []
        if not found:
            raise SoqlError("NOT_FOUND", "The requested resource does not exist")
        return found[0]

    def all_of(self, org: Org) -> Sequence[IngestJob]:
        """Return all jobs, newest first."""
        return self._select(org, "1 ORDER BY created DESC, id")

    def upload(self, job: IngestJob, data: bytes) -> None:
        """Keep the rows of a job."""
        self._store.run("UPDATE ingest_jobs SET data = ? WHERE id = ?", data, job.id)

    def bring_to(self, job: IngestJob, stage: Stage) -> None:
        """Let a job stand somewhere else."""
        self._store.run("UPDATE ingest_jobs SET state = ? WHERE id = ?", stage, job.id)

    def end(self, job: IngestJob, rows: int, now: datetime, error: str | None) -> None:
        """End a job whose rows are written, or that failed; it says so when it has taken its time."""
        ended = (now + timedelta(seconds=self._terms.duration(rows))).timestamp()
        stage = Stage.JOB_COMPLETE if error is None else Stage.FAILED
        self._store.run(
            "UPDATE ingest_jobs SET state = ?, ended = ?, error = ? WHERE id = ?", stage, ended, error, job.id
        )

    def delete(self, job: IngestJob) -> None:
        """Forget a job."""
        self._store.run("DELETE FROM ingest_jobs WHERE id = ?", job.id)

    def _select(self, org: Org, condition: str, *parameters: Any) -> list[IngestJob]:
        query = f"SELECT {_COLUMNS} FROM ingest_jobs WHERE org = ? AND {condition}"  # noqa: S608 # our own words
        return [_job(row) for row in self._store.run(query, org.name, *parameters)]


def new_ingest_id() -> str:
    """Return an id for a job."""
    return new_id(Api.V2)


def _job(row: tuple[Any, ...]) -> IngestJob:
    job_id, version, operation, sobject, key, delimiter, line_ending, created, state, ended, error, data = row
    return IngestJob(
        id=job_id,
        version=version,
        operation=operation,
        sobject=sobject,
        key=key,
        delimiter=delimiter,
        line_ending=line_ending,
        created=datetime.fromtimestamp(created, UTC),
        stored=Stage(state),
        ended=None if ended is None else datetime.fromtimestamp(ended, UTC),
        error=error,
        data=data,
    )
