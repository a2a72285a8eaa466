"""Bulk API 2.0 ingest jobs: `/jobs/ingest` and what is below it.

Belongs here: bodies of the calls, writing what was uploaded. Does not: jobs (`sandbox.salesforce.bulk.ingest`), CSV
(`sandbox.salesforce.bulk.ingest_rows`).

The rows are written when the upload is said to be complete; whoever was killed meanwhile goes on at the next call.
"""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response

from sandbox.faults.seen import Seen
from sandbox.salesforce.bulk import ingest_rows
from sandbox.salesforce.bulk.ingest import IngestJob, Stage, new_ingest_id
from sandbox.salesforce.bulk.ingest_rows import CHUNK, Sheet, ends_otherwise, read_sheet, wishes_of
from sandbox.salesforce.bulk.results import DELIMITERS, LINE_ENDINGS
from sandbox.salesforce.http.call import Call, timestamp
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.http.download import CSV
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.granting import grant
from sandbox.salesforce.writing.wishes import Deed, Outcome

_CHOICES = {
    "operation": tuple(Deed),
    "contentType": ("CSV",),
    "columnDelimiter": tuple(DELIMITERS),
    "lineEnding": tuple(LINE_ENDINGS),
}
_Part = Callable[[IngestJob, Sheet, Sequence[Outcome]], bytes]


def create(call: Call) -> dict[str, Any]:
    """Answer the POST that makes a job."""
    asked = {"contentType": "CSV", "columnDelimiter": "COMMA", "lineEnding": "LF", **call.document}
    for name, allowed in _CHOICES.items():
        if asked.get(name) not in allowed:
            raise ApiError(400, "API_ERROR", f"{name}: choose one of {', '.join(allowed)}")
    kind, key = call.org.sobject(str(asked.get("object", ""))), str(asked.get("externalIdFieldName") or "")
    field = next((each for each in kind.fields if each.name.lower() == key.lower()), None)
    upserts = asked["operation"] == Deed.UPSERT
    if upserts and (field is None or not (field.external_id or field.name == "Id")):
        raise ApiError(400, "INVALIDJOB", f"InvalidJob : External ID was blank or is not valid for {kind.name}: {key}")
    words = (call.version, asked["operation"], kind.name, field.name if field and upserts else "")
    delimiters = (asked["columnDelimiter"], asked["lineEnding"])
    job = IngestJob(new_ingest_id(), *words, *delimiters, call.org.now())
    call.ingests.add(call.org, job)
    return _described(call, job)


def upload(call: Call) -> Response:
    """Answer the PUT of the rows."""
    job = _job(call)
    if job.stored is not Stage.OPEN or job.data:
        raise ApiError(400, "INVALIDJOBSTATE", f"The rows of a job are uploaded once, while it is {Stage.OPEN}")
    call.ingests.upload(job, call.body)
    return Response(status_code=201)


def change(call: Call) -> dict[str, Any]:
    """Answer the PATCH of a job: its rows are there, or it shall not be."""
    job, wanted = _job(call), call.document.get("state")
    now = job.stage(call.org.now())
    if wanted == Stage.ABORTED and now in {Stage.OPEN, Stage.UPLOAD_COMPLETE, Stage.IN_PROGRESS}:
        call.ingests.bring_to(job, Stage.ABORTED)
    elif wanted == Stage.UPLOAD_COMPLETE and now is Stage.OPEN:
        call.ingests.bring_to(job, Stage.UPLOAD_COMPLETE)
        _process(call, call.ingests.find(call.org, job.id))
        return _described(call, job) | {"state": Stage.UPLOAD_COMPLETE}
    else:
        raise ApiError(400, "INVALIDJOBSTATE", f"A job in state {now} cannot be brought to {wanted}")
    return _described(call, _job(call))


def describe(call: Call) -> dict[str, Any]:
    """Answer the GET of a job, which adds how far it is."""
    job = _job(call)
    outcomes = _outcomes(call, job)
    progress = {
        "jobType": "V2Ingest",
        "numberRecordsProcessed": len(outcomes),
        "numberRecordsFailed": sum(outcome.refusal is not None for outcome in outcomes),
        "retries": 0,
        "totalProcessingTime": len(outcomes),
        "apiActiveProcessingTime": len(outcomes),
        "apexProcessingTime": 0,
    }
    failure = {"errorMessage": job.error} if job.stage(call.org.now()) is Stage.FAILED else {}
    return {**_described(call, job), **progress, **failure}


def list_jobs(call: Call) -> dict[str, Any]:
    """Answer the GET of all jobs."""
    records = [{**_described(call, job), "jobType": "V2Ingest"} for job in call.ingests.all_of(call.org)]
    return {"done": True, "records": records, "nextRecordsUrl": None}


def delete(call: Call) -> Response:
    """Answer the DELETE of a job: 204 and no body."""
    job = _job(call)
    if (now := job.stage(call.org.now())) in {Stage.OPEN, Stage.IN_PROGRESS}:
        raise ApiError(400, "INVALIDJOBSTATE", f"Deleting job not allowed in state {now}")
    call.ingests.delete(job)
    return Response(status_code=204)


def results(part: _Part) -> Callable[[Call], Response]:
    """Return what answers the GET of one of the three parts into which the rows of a job fall."""

    def answer(call: Call) -> Response:
        job = _job(call)
        if job.stage(call.org.now()) not in {Stage.JOB_COMPLETE, Stage.FAILED, Stage.ABORTED}:
            raise ApiError(400, "INVALIDJOBSTATE", "Results are not available before a job has ended")
        return Response(part(job, read_sheet(job), _outcomes(call, job)), media_type=CSV)

    return answer


SUCCESSFUL, FAILED, UNPROCESSED = (
    results(part) for part in (ingest_rows.successful, ingest_rows.failed, ingest_rows.unprocessed)
)


def _process(call: Call, job: IngestJob) -> None:
    """Write the rows of a job that are not written yet."""
    sheet, seen = read_sheet(job), Seen(call.kind, call.address, org=call.org.name, objects=_objects(job))
    fate = call.faults.job_outcome(seen)
    error = _defect(call, job, sheet)
    if fate or error:
        word, _, message = (fate or "").partition(": ")
        if word == Stage.ABORTED:
            call.ingests.bring_to(job, Stage.ABORTED)
        else:
            call.ingests.end(job, 0, call.org.now(), message or error)
        return
    for start in range(0, len(sheet.rows), CHUNK):
        grant(call, wishes_of(job, sheet, sheet.rows[start : start + CHUNK]), mark=_mark(job, start))
    call.ingests.end(job, len(sheet.rows), call.org.now(), None)


def _defect(call: Call, job: IngestJob, sheet: Sheet) -> str | None:
    """Return why a job fails before any of its rows is looked at; None if it does not."""
    if ends_otherwise(job):
        return f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {job.line_ending}"
    unknown = sheet.unknown(call.org.sobject(job.sobject))
    return f"InvalidBatch : Field name not found : {unknown}" if unknown else None


def _outcomes(call: Call, job: IngestJob) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while part := call.org.marked(_mark(job, len(outcomes))):
        outcomes += part
    return outcomes


def _objects(job: IngestJob) -> frozenset[str]:
    return frozenset((job.sobject.lower(),))


def _mark(job: IngestJob, start: int) -> str:
    return f"{job.id}/{start}"


def _job(call: Call) -> IngestJob:
    """Return the job that the address names; one that was being written when the sandbox was killed goes on."""
    job = call.ingests.find(call.org, call.path["job"])
    if job.stored is not Stage.UPLOAD_COMPLETE:
        return job
    _process(call, job)
    return call.ingests.find(call.org, call.path["job"])


def _described(call: Call, job: IngestJob) -> dict[str, Any]:
    now = call.org.now()
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.sobject,
        "createdById": Credentials(call.org.name).user_id,
        "createdDate": timestamp(job.created),
        "systemModstamp": timestamp(min(now, job.ended or now)),
        "state": job.stage(now),
        **({"externalIdFieldName": job.key} if job.key else {}),
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(job.version),
        "contentUrl": f"services/data/v{job.version}/jobs/ingest/{job.id}/batches",
        "lineEnding": job.line_ending,
        "columnDelimiter": job.delimiter,
    }
