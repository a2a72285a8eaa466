"""The bodies of Bulk API 1.0, which speaks JSON to who speaks JSON, and XML to everybody else.

Belongs here: job and batch information, errors, both languages. Does not: what is answered (`bulk1`).
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from sandbox.salesforce.bulk.batches import Parent
from sandbox.salesforce.bulk.jobs import Job, State
from sandbox.salesforce.http.call import Call, timestamp
from sandbox.salesforce.http.credentials import Credentials
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.replies import date_header
from sandbox.salesforce.ids import to18

_NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload"
_STATES = {
    State.UPLOAD_COMPLETE: "Queued",
    State.IN_PROGRESS: "InProgress",
    State.JOB_COMPLETE: "Completed",
    State.FAILED: "Failed",
    State.ABORTED: "NotProcessed",
}
_CODES = {"INVALID_SESSION_ID": "InvalidSessionId", "REQUEST_LIMIT_EXCEEDED": "ExceededQuota", "GONE": "InvalidVersion"}


def job_info(call: Call, parent: Parent, batches: Sequence[Job]) -> dict[str, Any]:
    """Return what is told of a job."""
    now = call.org.now()
    states = [_STATES[batch.state(now)] for batch in batches]
    counts = {f"numberBatches{state}": states.count(state) for state in ("Queued", "InProgress", "Completed", "Failed")}
    return {
        "id": parent.id,
        "operation": parent.operation,
        "object": parent.sobject,
        "createdById": Credentials(call.org.name).user_id,
        "createdDate": timestamp(parent.created),
        "systemModstamp": timestamp(parent.created),
        "state": parent.state,
        "concurrencyMode": "Parallel",
        "contentType": parent.content_type,
        **counts,
        "numberBatchesTotal": len(batches),
        "numberRecordsProcessed": sum(batch.processed(now) for batch in batches),
        "numberRetries": 0,
        "apiVersion": float(parent.version),
    }


def batch_info(call: Call, parent: Parent, batch: Job) -> dict[str, Any]:
    """Return what is told of a batch."""
    now = call.org.now()
    state = batch.state(now)
    return {
        "id": batch.id,
        "jobId": parent.id,
        "state": _STATES[state],
        "stateMessage": batch.error if state is State.FAILED else None,
        "createdDate": timestamp(batch.created),
        "systemModstamp": timestamp(min(now, batch.end)),
        "numberRecordsProcessed": batch.processed(now),
        "numberRecordsFailed": 0,
        "totalProcessingTime": batch.processing(now) // timedelta(milliseconds=1),
    }


def result_id(batch: Job) -> str:
    """Return the id of a batch's only result."""
    return to18("752" + batch.id[3:15])


def shaped(tag: str, value: Any, *, as_json: bool, status: int = 200) -> Response:
    """Return a reply in the language asked for."""
    if as_json:
        return Response(json.dumps(value), status, media_type="application/json")
    xml = f'<?xml version="1.0" encoding="UTF-8"?><{tag} xmlns="{_NAMESPACE}">{_children(value)}</{tag}>'
    return Response(xml, status, media_type="application/xml")


def wants_json(headers: Mapping[str, str]) -> bool:
    """Return whether a client speaks JSON."""
    return "json" in headers.get("content-type", "")


def body_of(call: Call) -> dict[str, Any]:
    """Return what a client sent about a job.

    Raises:
        ApiError: InvalidJob for neither JSON nor XML.
    """
    try:
        if wants_json(call.headers):
            return dict(json.loads(call.body))
        # Loopback clients only, and expat bounds the growth of entities itself.
        return {child.tag.rpartition("}")[2]: child.text or "" for child in ET.fromstring(call.body)}  # noqa: S314
    except (ValueError, TypeError, ET.ParseError):
        raise ApiError(400, "InvalidJob", "Unable to parse the job") from None


def token_of(request: Request) -> str:
    """Return the access token of a request."""
    return request.headers.get("x-sfdc-session", "")


def refuse(request: Request, error: ApiError, now: datetime) -> Response:
    """Return a refusal, which always has the status 400."""
    body = {"exceptionCode": _CODES.get(error.code, error.code), "exceptionMessage": error.message}
    reply = shaped("error", body, as_json=wants_json(request.headers), status=400)
    reply.headers.update(date_header(now))
    return reply


def _children(value: Mapping[str, Any]) -> str:
    parts = []
    for tag, found in value.items():
        for item in found if isinstance(found, list) else [found]:
            inner = _children(item) if isinstance(item, dict) else escape(str(item))
            parts += [f"<{tag}>{inner}</{tag}>"] if item is not None else []
    return "".join(parts)
