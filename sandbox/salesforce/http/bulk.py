"""Bulk API 2.0 query jobs: `/jobs/query` and what is below it.

Belongs here: bodies, parameters and headers of the calls. Does not: jobs and rows (`sandbox.salesforce.bulk`), the
stream of a page (`download`), Bulk API 1.0 (`bulk1`).
"""

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from sandbox.salesforce.bulk.jobs import Api, Job, Request, State
from sandbox.salesforce.bulk.pages import locator, page_at, row_of
from sandbox.salesforce.bulk.results import DELIMITERS, LINE_ENDINGS, csv_slices
from sandbox.salesforce.http.call import Call, timestamp
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.http.download import CSV, download
from sandbox.salesforce.http.errors import ApiError, not_found

_MOST_LISTED = 1000
_PAGES_TOLD = 5
_SINCE, _PAGES_SINCE = 47, 58
"""The API versions that brought query jobs, and their `resultPages`."""

_CHOICES = {
    "operation": ("query", "queryAll"),
    "contentType": ("CSV",),
    "columnDelimiter": tuple(DELIMITERS),
    "lineEnding": tuple(LINE_ENDINGS),
}


def create(call: Call) -> dict[str, Any]:
    """Answer the POST that makes a job."""
    _check_version(call, _SINCE)
    asked = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF", "query": "", **call.document}
    for name, allowed in _CHOICES.items():
        if asked.get(name) not in allowed:
            raise ApiError(400, "API_ERROR", f"{name}: choose one of {', '.join(allowed)}")
    request = Request(
        Api.V2, call.version, asked["operation"], str(asked["query"]), asked["columnDelimiter"], asked["lineEnding"]
    )
    return _described(call, call.jobs.create(call.org, request))


def describe(call: Call) -> dict[str, Any]:
    """Answer the GET of one job, which adds how far it is."""
    job, now = _job(call), call.org.now()
    progress = {
        "jobType": job.request.api,
        "numberRecordsProcessed": job.processed(now),
        "retries": 0,
        "totalProcessingTime": job.processing(now) // timedelta(milliseconds=1),
        "isPkChunkingSupported": True,
    }
    failure = {"errorMessage": job.error} if job.state(now) is State.FAILED else {}
    return {**_described(call, job), **progress, **failure}


def list_jobs(call: Call) -> dict[str, Any]:
    """Answer the GET of all jobs, a thousand at a time."""
    jobs = call.jobs.all_of(call.org)
    asked = call.params.get("queryLocator")
    start = 0 if asked is None else row_of(asked, len(jobs))
    end = start + _MOST_LISTED
    more = f"{call.base}/jobs/query?queryLocator={locator(end)}" if end < len(jobs) else None
    records = [{**_described(call, job), "jobType": job.request.api} for job in jobs[start:end]]
    return {"done": more is None, "records": records, "nextRecordsUrl": more}


def change(call: Call) -> dict[str, Any]:
    """Answer the PATCH of a job, which can only stop it."""
    if call.document.get("state") != State.ABORTED:
        raise ApiError(400, "API_ERROR", f"state: the only state that a query job can be set to is {State.ABORTED}")
    call.jobs.abort(call.org, _job(call))
    return _described(call, _job(call))


def delete(call: Call) -> Response:
    """Answer the DELETE of a job: 204 and no body."""
    call.jobs.delete(call.org, _job(call))
    return Response(status_code=204)


def results(call: Call) -> Response:
    """Answer the GET of one page of rows."""
    job = _finished(call)
    asked = call.params.get("maxRecords", str(call.jobs.terms.page_rows))
    if not asked.isdecimal() or int(asked) == 0:
        raise ApiError(400, "API_ERROR", "maxRecords: a number above 0 is expected")
    page = page_at(job, call.params.get("locator"), int(asked))
    header = page.start == 0 or bool(call.jobs.terms.header_everywhere)
    reply = download(call, page, csv_slices(call.org, job, page.start, page.rows, header=header), CSV)
    reply.headers.update({"Sforce-NumberOfRecords": str(page.rows), "Sforce-Locator": page.next})
    return reply


def result_pages(call: Call) -> dict[str, Any]:
    """Answer with up to five addresses of pages, so that they can be fetched in parallel."""
    _check_version(call, _PAGES_SINCE)
    job, most = _finished(call), call.jobs.terms.page_rows
    asked = call.params.get("locator")
    start = 0 if asked is None else row_of(asked, job.rows)
    address = f"{call.base}/jobs/query/{job.id}"
    end = start + most * _PAGES_TOLD
    starts = range(start, min(end, max(job.rows, 1)), most)
    reply: dict[str, Any] = {
        "resultPages": [{"resultUrl": f"{address}/results?locator={locator(row)}"} for row in starts],
        "done": end >= job.rows,
    }
    if not reply["done"]:
        # The example of Salesforce's documentation has the one spelling, its table the other.
        following = f"{address}/resultPages?locator={locator(end)}"
        reply |= {"nextRecordsUrl": following, "nextRecordUrl": following}
    return reply


def _described(call: Call, job: Job) -> dict[str, Any]:
    asked, now = job.request, call.org.now()
    return {
        "id": job.id,
        "operation": asked.operation,
        "object": job.sobject,
        "createdById": Credentials(call.org.name).user_id,
        "createdDate": timestamp(job.created),
        "systemModstamp": timestamp(min(now, job.end)),
        "state": job.state(now),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(asked.version),
        "lineEnding": asked.line_ending,
        "columnDelimiter": asked.delimiter,
    }


def _job(call: Call) -> Job:
    _check_version(call, _SINCE)
    return call.jobs.find(call.org, Api.V2, call.path["job"])


def _finished(call: Call) -> Job:
    """Return a job whose results can be read with this version.

    Raises:
        ApiError: 409 for another version than the one the job was made with; 400 while there are no results.
    """
    job = _job(call)
    if job.request.version != call.version:
        made, used = job.request.version, call.version
        raise ApiError(
            409, "INVALIDVERSION", f"The job was made with API version {made}; {used} cannot read its results"
        )
    state = job.state(call.org.now())
    if state is not State.JOB_COMPLETE:
        raise ApiError(400, "INVALIDJOBSTATE", f"Results are not available for a job in state {state}")
    return job


def _check_version(call: Call, since: int) -> None:
    if float(call.version) < since:
        raise not_found()
