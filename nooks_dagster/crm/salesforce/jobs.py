"""Bulk API 2.0 query jobs: make one, wait for it, learn where the pages of its result are.

Belongs here: the life of a job up to its pages, and what its bad endings mean. Does not: which jobs a window needs
(`plans`), the pages themselves (`pages`).

https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_bulk_api_2_0.htm
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from nooks_dagster.crm.access.tries import Sleep
from nooks_dagster.crm.salesforce.meanings import Gone, LocatorLost, meaning_of_words
from nooks_dagster.crm.salesforce.session import Reply, Session
from nooks_dagster.failures import Corrupt, Failure, StalePlan, Transient

JOBS = "jobs/query"
# Looking again after half of the time that has passed, and each five minutes at least: 16 looks in ten minutes.
FIRST_LOOK = 1.0  # seconds
PATIENCE = 0.5
LONGEST_LOOK = 300.0  # seconds
LONGEST_JOB = timedelta(hours=12)  # Salesforce itself gives up after 15 tries of its own
BREATH = 1.0  # seconds; how long a wait goes on unheard


class JobEnded(Exception):
    """A job has no result: it failed, was aborted, is gone, or does not end. `failure` is what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Job:
    """A query job: when it began by the org's clock, and the rows of its result once it is complete."""

    id: str
    began: datetime
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Pages:
    """Addresses of some pages of a result, and where to ask for more of them; "" at the end."""

    addresses: Sequence[str]
    more: str


class Jobs:
    """The query jobs of one org.

    Args:
        session: The org.
        sleep: How to wait between looks.
    """

    def __init__(self, session: Session, sleep: Sleep = time.sleep) -> None:
        self._session = session
        self._sleep = sleep

    def create(self, query: str, about: str) -> Job:
        """Make a job, deleted rows included.

        Raises:
            NotInBulk: The Bulk API does not read this object.
            QuotaExhausted: The org's jobs of the last 24 hours are used up.
        """
        body = {"operation": "queryAll", "query": query, "contentType": "CSV", "lineEnding": "LF"}
        return _job(self._session.post(JOBS, body, kind="control", about=about), about)

    def wait(self, job: str, about: str) -> Iterator[Job | None]:
        """Yield the job once it is complete, and None about every second before that.

        Raises:
            JobEnded: It has no result.
        """
        while True:
            try:
                reply = self._session.get(f"{JOBS}/{job}", kind="control", about=about)
            except Gone:
                raise JobEnded(_no_result("is gone", about)) from None
            found = _job(reply, about)
            if found.rows is not None:
                yield found
                return
            age = reply.at - found.began
            if failure := _bad_end(reply.body, age, about):
                raise JobEnded(failure)
            for nap in _naps(age.total_seconds()):
                yield None
                self._sleep(nap)

    def pages(self, address: str, about: str) -> Pages:
        """Return the next few pages at an address that `first_pages` or a reply before gave.

        Raises:
            StalePlan: The job or its result is gone.
        """
        with lost_as_stale(about):
            body = self._session.get(address, kind="control", about=about).body
        try:
            addresses = [_on_this_host(page["resultUrl"]) for page in body["resultPages"]]
            # The reference's table spells it nextRecordUrl, its example nextRecordsUrl.
            more = "" if body["done"] else _on_this_host(body.get("nextRecordsUrl") or body["nextRecordUrl"])
        except (TypeError, LookupError, ValueError, AttributeError):
            raise Corrupt("The answer is not a list of result pages.", subject=about) from None
        if more and (more == address or not addresses):
            raise Corrupt("The list of result pages does not end.", subject=about)
        return Pages(addresses, more)


def _on_this_host(address: str) -> str:
    """Return an address without its host: the token goes to no other than the org's own."""
    parts = urlsplit(address)
    return f"/{parts.path.lstrip('/')}?{parts.query}" if parts.query else f"/{parts.path.lstrip('/')}"


def first_pages(job: str) -> str:
    """Return where the pages of a job begin."""
    return f"{JOBS}/{job}/resultPages"


@contextmanager
def lost_as_stale(about: str) -> Iterator[None]:
    """Translate the loss of a job or a locator: results are kept for seven days."""
    try:
        yield
    except (Gone, LocatorLost):
        raise StalePlan(
            "The Bulk job or its result is gone.", subject=about, next_step="The platform starts another one."
        ) from None


def _job(reply: Reply, about: str) -> Job:
    body = reply.body
    try:
        rows = int(body["numberRecordsProcessed"]) if body["state"] == "JobComplete" else None
        return Job(str(body["id"]), datetime.fromisoformat(body["createdDate"]), rows)
    except (TypeError, LookupError, ValueError):
        raise Corrupt("The answer is not a Bulk job.", subject=about) from None


def _bad_end(body: Mapping[str, Any], age: timedelta, about: str) -> Failure | None:
    state = body["state"]
    if state == "Failed" and (meaning := meaning_of_words(str(body.get("errorMessage", "")))):
        return meaning.kind(f"The Bulk job failed. {meaning.what}", subject=about, next_step=meaning.next_step)
    if state in ("Failed", "Aborted"):
        return _no_result("failed" if state == "Failed" else "was aborted", about)
    return _no_result(f"is {state} after {LONGEST_JOB}", about) if age > LONGEST_JOB else None


def _no_result(what: str, about: str) -> Failure:
    return Transient(f"The Bulk job {what}.", subject=about, next_step="The platform starts another one.")


def _naps(age: float) -> Iterator[float]:
    left = min(max(FIRST_LOOK, age * PATIENCE), LONGEST_LOOK)
    while left > 0:
        yield min(left, BREATH)
        left -= BREATH
