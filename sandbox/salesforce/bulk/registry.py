"""The jobs of all orgs, durable: made, found, stopped, deleted, forgotten a week after their end.

Belongs here: their rows in the store, and the allowances of 24 hours. Does not: their states (`jobs`).
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.salesforce.bulk.admission import admit, measure
from sandbox.salesforce.bulk.jobs import Api, Job, Request, State
from sandbox.salesforce.bulk.terms import BulkTerms
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.ids import DIGITS, to15, to18
from sandbox.salesforce.org import Org, SoqlError

_KEPT = timedelta(days=7)
_DAY = timedelta(days=1)
_COLUMNS = (
    "id, api, version, operation, soql, delimiter, line_ending, sobject, row_count, error, created, duration, aborted"
)
_WITH_MOMENT = f"{_COLUMNS}, (SELECT moment FROM moments WHERE moments.id = bulk_jobs.id)"  # noqa: S608 # our own words


Fate = Callable[[str, str], str | None]
"""How a job of an org and a query is to end: `Failed: <message>`, `Aborted`, or None for as it will."""


def no_fate(_org: str, _soql: str) -> None:
    """Let every job end as it will."""


class Jobs:
    """The bulk query jobs of all orgs.

    Args:
        store: Where they are kept.
        terms: How fast they are processed, and how many are allowed.
        fate: Asked when a job is made.
    """

    def __init__(self, store: Store, terms: BulkTerms, fate: Fate = no_fate) -> None:
        self._store = store
        self.terms = terms
        self._fate = fate

    def create(self, org: Org, request: Request) -> Job:
        """Make a job; what can be refused at once is.

        Raises:
            SoqlError: As `admit`; LIMIT_EXCEEDED when the allowance of the last 24 hours is spent.
        """
        now = org.now()
        self._check_allowance(org.name, now)
        query = admit(org, request.soql, include_deleted=request.include_deleted)
        return self.add(org, request, query.sobject, *measure(query), moment=query.moment, now=now)

    def add(
        self, org: Org, request: Request, sobject: str, rows: int, error: str | None, *, moment: int, now: datetime
    ) -> Job:
        """Keep a new job that was let in, and forget expired ones.

        `now` is from before the `moment` as of which its rows are: a job never says that it began later than that.
        """
        duration = timedelta(seconds=self.terms.duration(rows))
        fate, _, message = (self._fate(org.name, request.soql) or "").partition(": ")
        job = Job(new_id(request.api), request, sobject, rows, message or error, now, duration, moment=moment)
        self._forget(org.name, now)
        self._keep(org.name, job)
        if fate == State.ABORTED:
            self.abort(org, job)
        return job

    def soql(self, job_id: str) -> str:
        """Return the query of a job by its 18-character id; empty when there is none."""
        rows = self._store.run("SELECT soql FROM bulk_jobs WHERE id = ?", job_id)
        return str(rows[0][0]) if rows else ""

    def find(self, org: Org, api: Api, job_id: str) -> Job:
        """Return a job by its 15 or 18 character id.

        Raises:
            SoqlError: NOT_FOUND when it was never made, is another org's or interface's, was deleted or has expired.
        """
        id15 = to15(job_id)
        found = [] if id15 is None else self._select("id = ? AND api = ?", org, to18(id15), api)
        if not found:
            raise SoqlError("NOT_FOUND", "The requested resource does not exist")
        return found[0]

    def all_of(self, org: Org) -> Sequence[Job]:
        """Return all jobs of Bulk API 2.0 that have neither been deleted nor expired, newest first."""
        return self._select("api = ? ORDER BY created DESC, id", org, Api.V2)

    def abort(self, org: Org, job: Job) -> None:
        """Stop a job.

        Raises:
            SoqlError: INVALIDJOBSTATE when it has ended.
        """
        now = org.now()
        if job.state(now).terminal:
            raise _wrong_state("Aborting", job.state(now))
        self._store.run("UPDATE bulk_jobs SET aborted = ? WHERE id = ?", now.timestamp(), job.id)

    def delete(self, org: Org, job: Job) -> None:
        """Delete a job and its results; it still counts for the allowance.

        Raises:
            SoqlError: INVALIDJOBSTATE while it is being processed.
        """
        state = job.state(org.now())
        if state is State.IN_PROGRESS:
            raise _wrong_state("Deleting", state)
        self._store.run("UPDATE bulk_jobs SET deleted = 1 WHERE id = ?", job.id)

    def delivered(self, job: Job, start: int, size: int) -> None:
        """Remember that the page from row `start` on was produced, `size` bytes large."""
        self._store.run("INSERT OR REPLACE INTO bulk_pages VALUES (?, ?, ?)", job.id, start, size)

    def used(self, org: str, now: datetime) -> tuple[int, int]:
        """Return the jobs of 2.0 made in the last 24 hours, and the kilobytes of their results."""
        sizes = "SELECT sum(size) FROM bulk_pages JOIN bulk_jobs ON id = job"
        jobs = self._recent("SELECT count(*) FROM bulk_jobs", org, Api.V2, now)
        return jobs, self._recent(sizes, org, Api.V2, now) // 1000

    def batches_used(self, org: str, now: datetime) -> int:
        """Return the batches of 1.0 made in the last 24 hours."""
        return self._recent("SELECT count(*) FROM bulk_jobs", org, Api.V1, now)

    def _recent(self, query: str, org: str, api: Api, now: datetime) -> int:
        since = (now - _DAY).timestamp()
        found = self._store.run(f"{query} WHERE org = ? AND api = ? AND created > ?", org, api, since)
        return int(found[0][0] or 0)

    def _check_allowance(self, org: str, now: datetime) -> None:
        jobs, kilobytes = self.used(org, now)
        most, largest = self.terms.daily_jobs, self.terms.daily_kilobytes
        if jobs >= most:
            raise SoqlError("LIMIT_EXCEEDED", f"Max bulk v2 query jobs ({most}) per 24 hrs has been reached ({jobs})")
        if kilobytes >= largest:
            complaint = f"Max bulk v2 query result size stored ({largest}) kb per 24 hrs has been exceeded"
            raise SoqlError("LIMIT_EXCEEDED", complaint)

    def _select(self, condition: str, org: Org, *parameters: Any) -> list[Job]:
        alive = "org = ? AND deleted = 0 AND coalesce(aborted, created + duration) > ?"
        query = f"SELECT {_WITH_MOMENT} FROM bulk_jobs WHERE {alive} AND {condition}"  # noqa: S608 # our own words
        oldest = (org.now() - _KEPT).timestamp()
        return [_job(row) for row in self._store.run(query, org.name, oldest, *parameters)]

    def _forget(self, org: str, now: datetime) -> None:
        """Drop what expired; nothing of it is younger than the 24 hours of the allowance."""
        expired = "org = ? AND coalesce(aborted, created + duration) < ?"
        oldest = (now - _KEPT).timestamp()
        ids = f"SELECT id FROM bulk_jobs WHERE {expired}"  # noqa: S608 # our own words
        self._store.run(f"DELETE FROM bulk_pages WHERE job IN ({ids})", org, oldest)  # noqa: S608
        self._store.run(f"DELETE FROM moments WHERE id IN ({ids})", org, oldest)  # noqa: S608
        self._store.run(f"DELETE FROM bulk_jobs WHERE {expired}", org, oldest)  # noqa: S608

    def _keep(self, org: str, job: Job) -> None:
        asked = job.request
        self._store.run("INSERT INTO moments VALUES (?, ?)", job.id, job.moment)
        self._store.run(
            f"INSERT INTO bulk_jobs (org, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",  # noqa: S608
            org,
            job.id,
            asked.api,
            asked.version,
            asked.operation,
            asked.soql,
            asked.delimiter,
            asked.line_ending,
            job.sobject,
            job.rows,
            job.error,
            job.created.timestamp(),
            job.duration.total_seconds(),
        )


def _job(row: tuple[Any, ...]) -> Job:
    job_id, api, version, operation, soql, delimiter, line_ending, sobject, rows, error, created, *rest = row
    duration, end, moment = rest
    return Job(
        id=job_id,
        request=Request(Api(api), version, operation, soql, delimiter, line_ending),
        sobject=sobject,
        rows=rows,
        error=error,
        created=datetime.fromtimestamp(created, UTC),
        duration=timedelta(seconds=duration),
        aborted=None if end is None else datetime.fromtimestamp(end, UTC),
        moment=moment or 0,
    )


def new_id(api: Api) -> str:
    """Return an 18-character id with Salesforce's key prefix for jobs, or for the batches of 1.0."""
    prefix = "750" if api is Api.V2 else "751"
    return to18(prefix + "".join(secrets.choice(DIGITS) for _ in range(12)))


def _wrong_state(deed: str, state: State) -> SoqlError:
    return SoqlError("INVALIDJOBSTATE", f"{deed} job not allowed in state {state}")
