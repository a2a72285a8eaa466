"""Bulk API 1.0: `/services/async/<version>/job` and what is below it, as far as clients still use it.

Belongs here: its addresses, jobs, batches of queries. Does not: batches of rows (`bulk1_rows`), its JSON, its XML and
its errors (`bulk1_shapes`).
PK chunking may be asked for and is not done: a batch has one result, whatever its size.
"""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from sandbox.salesforce.bulk.batches import Parent, new_parent_id
from sandbox.salesforce.bulk.jobs import Job, State
from sandbox.salesforce.bulk.json_results import json_slices
from sandbox.salesforce.bulk.pages import page_at
from sandbox.salesforce.bulk.results import csv_slices
from sandbox.salesforce.http import bulk1_rows
from sandbox.salesforce.http.addresses import AddressBook, Resource
from sandbox.salesforce.http.bulk1_rows import key_of
from sandbox.salesforce.http.bulk1_shapes import batch_info, body_of, job_info, result_id, shaped, wants_json
from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.download import CSV, download
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.org import SoqlError
from sandbox.salesforce.writing.wishes import Deed

_QUERIES, _WRITES = ("query", "queryAll"), tuple(Deed)
_FORMS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_QUERIES, ("CSV", "JSON")),
    **dict.fromkeys(_WRITES, ("JSON",)),
}


def _create(call: Call) -> Response:
    asked = body_of(call)
    operation, form = str(asked.get("operation")), str(asked.get("contentType"))
    if form not in _FORMS.get(operation, ()):
        raise ApiError(400, "InvalidJob", f"operation: choose one of {', '.join(_FORMS)}; rows come as JSON here")
    try:
        sobject = call.org.sobject(str(asked.get("object")))
    except SoqlError:
        raise ApiError(400, "InvalidJob", f"Unable to find object: {asked.get('object')}") from None
    if not sobject.bulkable:
        raise ApiError(400, "InvalidEntity", f"Entity '{sobject.name}' is not supported by the Bulk API.")
    key = key_of(sobject, str(asked.get("externalIdFieldName") or "")) if operation == Deed.UPSERT else ""
    parent = Parent(new_parent_id(), call.version, operation, sobject.name, form, call.org.now(), key=key)
    call.batches.open(call.org, parent)
    return _job_reply(call, parent, 201)


def _show(call: Call) -> Response:
    return _job_reply(call, _parent(call))


def _change(call: Call) -> Response:
    state = str(body_of(call).get("state"))
    if state not in {"Closed", "Aborted"}:
        raise ApiError(400, "InvalidJobState", "state: Closed or Aborted is expected")
    call.batches.set_state(_parent(call), state)
    return _job_reply(call, _parent(call))


def _add_batch(call: Call) -> Response:
    parent = _parent(call)
    if parent.state != "Open":
        raise ApiError(400, "InvalidJobState", f"A batch cannot be added to a job in state {parent.state}")
    used, most = call.jobs.batches_used(call.org.name, call.org.now()), call.jobs.terms.daily_batches
    if used >= most:
        raise ApiError(400, "ExceededQuota", f"ApiBatchItems Limit exceeded: {used} of {most} in 24 hours.")
    if bulk1_rows.holds(parent):
        return bulk1_rows.add(call, parent)
    batch = call.batches.add(call.org, parent, call.body.decode("utf-8", "replace"))
    return _batch_reply(call, parent, batch, 201)


def _show_batches(call: Call) -> Response:
    parent = _parent(call)
    rows = [bulk1_rows.info(call, batch) for batch in call.batches.rows_of(parent)]
    batches = [*rows, *(batch_info(call, parent, batch) for batch in call.batches.of(call.org, parent))]
    return shaped("batchInfoList", {"batchInfo": batches}, as_json=parent.content_type == "JSON")


def _show_batch(call: Call) -> Response:
    parent = _parent(call)
    if bulk1_rows.holds(parent):
        return bulk1_rows.show(call, parent)
    return _batch_reply(call, parent, _batch(call, parent))


def _list_results(call: Call) -> Response:
    parent = _parent(call)
    if bulk1_rows.holds(parent):
        return bulk1_rows.results(call, parent)
    ids: list[Any] = [result_id(_completed(call, parent))]
    as_json = parent.content_type == "JSON"
    return shaped("result-list", ids if as_json else {"result": ids}, as_json=as_json)


def _request(call: Call) -> Response:
    return bulk1_rows.request(call, _parent(call))


def _result(call: Call) -> Response:
    parent = _parent(call)
    batch = _completed(call, parent)
    if call.path["result"] != result_id(batch):
        raise ApiError(400, "InvalidBatch", "There is no such result of this batch")
    page = page_at(batch, None, batch.rows)
    if parent.content_type == "JSON":
        return download(call, page, json_slices(call.org, batch), media_type="application/json;charset=UTF-8")
    slices = csv_slices(call.org, batch, 0, batch.rows, header=True)
    return download(call, page, slices, media_type=CSV)


def _parent(call: Call) -> Parent:
    parent = call.batches.parent(call.org, call.path["job"])
    if parent is None:
        raise ApiError(400, "InvalidJob", f"Unable to find a job with id {call.path['job']}")
    return parent


def _batch(call: Call, parent: Parent) -> Job:
    for batch in call.batches.of(call.org, parent):
        if batch.id == call.path["batch"]:
            return batch
    raise ApiError(400, "InvalidBatch", f"Unable to find a batch with id {call.path['batch']}")


def _completed(call: Call, parent: Parent) -> Job:
    batch = _batch(call, parent)
    if batch.state(call.org.now()) is not State.JOB_COMPLETE:
        raise ApiError(400, "InvalidBatch", "Batch not completed")
    return batch


def _job_reply(call: Call, parent: Parent, status: int = 200) -> Response:
    info = job_info(call, parent, call.batches.of(call.org, parent))
    info |= bulk1_rows.counts(call, parent) if bulk1_rows.holds(parent) else {}
    return shaped("jobInfo", info, as_json=wants_json(call.headers), status=status)


def _batch_reply(call: Call, parent: Parent, batch: Job, status: int = 200) -> Response:
    as_json = parent.content_type == "JSON"
    return shaped("batchInfo", batch_info(call, parent, batch), as_json=as_json, status=status)


BULK1 = AddressBook(
    (
        Resource("/job", "bulk1_create", _create, method="POST"),
        Resource("/job/{job}", "bulk1_job", _show),
        Resource("/job/{job}", "bulk1_close", _change, method="POST"),
        Resource("/job/{job}/batch", "bulk1_batch", _add_batch, method="POST"),
        Resource("/job/{job}/batch", "bulk1_batches", _show_batches),
        Resource("/job/{job}/batch/{batch}", "bulk1_poll", _show_batch),
        Resource("/job/{job}/batch/{batch}/request", "bulk1_poll", _request),
        Resource("/job/{job}/batch/{batch}/result", "bulk1_result_list", _list_results),
        Resource("/job/{job}/batch/{batch}/result/{result}", "bulk1_results", _result),
    )
)
"""Bulk API 1.0, below the version."""
