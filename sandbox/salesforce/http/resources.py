"""The address book of the REST interface: which handler answers below `/services/data/vXX.0`.

Belongs here: addresses, methods, the kind under which a call is counted; resources about resources.
Does not: letting calls in (`rest`), answering them (the handlers).
"""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.responses import Response

from sandbox.salesforce.http import bulk, collections, ingest, limits, query, replication, sobjects, writes
from sandbox.salesforce.http.addresses import AddressBook, Resource
from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError, from_org, not_found
from sandbox.salesforce.http.versions import check_version
from sandbox.salesforce.org import SoqlError

_MOST_IN_BATCH = 25


def _index(call: Call) -> dict[str, str]:
    names = ("sobjects", "query", "queryAll", "limits", "composite", "jobs")
    return {name: f"{call.base}/{name}" for name in names}


def _batch(call: Call) -> dict[str, Any]:
    try:
        requests = json.loads(call.body)["batchRequests"]
    except (ValueError, KeyError, TypeError):
        raise ApiError(400, "JSON_PARSER_ERROR", "batchRequests: a list of requests is expected") from None
    if len(requests) > _MOST_IN_BATCH:
        raise ApiError(400, "LIMIT_EXCEEDED", f"Batch size should be less than or equal to {_MOST_IN_BATCH}")
    results = [_subrequest(call, request) for request in requests]
    return {"hasErrors": any(result["statusCode"] >= 400 for result in results), "results": results}


def _subrequest(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    url = urlsplit(str(request.get("url", "")))
    version, _, address = url.path.strip("/").removeprefix("services/data/").partition("/")
    inner = replace(
        call,
        version=version.removeprefix("v"),
        method=str(request.get("method", "GET")).upper(),
        address="/" + address,
        params=dict(parse_qsl(url.query)),
        body=json.dumps(request.get("richInput") or {}).encode(),
    )
    try:
        check_version(inner.version)
        if inner.address.startswith("/jobs/"):
            raise not_found()  # Files do not go through a batch.
        resource, path = REST.find(inner.method, inner.address)
        return _told(resource.handler(replace(inner, path=path, kind=resource.kind)))
    except SoqlError as error:
        refusal = from_org(error)
    except ApiError as error:
        refusal = error
    return {"statusCode": refusal.status, "result": refusal.body}


def _told(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Response):
        return {"statusCode": answer.status_code, "result": json.loads(bytes(answer.body) or b"null")}
    return {"statusCode": 200, "result": answer}


REST = AddressBook(
    (
        Resource("/", "index", _index),
        Resource("/query", "query", query.query),
        Resource("/queryAll", "query_all", query.query_all),
        Resource("/query/{locator}", "query_more", query.query_more),
        Resource("/queryAll/{locator}", "query_more", query.query_more),
        Resource("/limits", "limits", limits.limits),
        Resource("/limits/recordCount", "record_count", limits.record_count),
        Resource("/jobs/query", "bulk_create", bulk.create, method="POST"),
        Resource("/jobs/query", "bulk_list", bulk.list_jobs),
        Resource("/jobs/query/{job}", "bulk_poll", bulk.describe),
        Resource("/jobs/query/{job}", "bulk_abort", bulk.change, method="PATCH"),
        Resource("/jobs/query/{job}", "bulk_delete", bulk.delete, method="DELETE"),
        Resource("/jobs/query/{job}/results", "bulk_results", bulk.results),
        Resource("/jobs/query/{job}/resultPages", "bulk_pages", bulk.result_pages),
        Resource("/jobs/ingest", "ingest", ingest.create, method="POST"),
        Resource("/jobs/ingest", "ingest", ingest.list_jobs),
        Resource("/jobs/ingest/{job}", "ingest", ingest.describe),
        Resource("/jobs/ingest/{job}", "ingest", ingest.change, method="PATCH"),
        Resource("/jobs/ingest/{job}", "ingest", ingest.delete, method="DELETE"),
        Resource("/jobs/ingest/{job}/batches", "ingest", ingest.upload, method="PUT"),
        Resource("/jobs/ingest/{job}/successfulResults", "ingest_results", ingest.SUCCESSFUL),
        Resource("/jobs/ingest/{job}/failedResults", "ingest_results", ingest.FAILED),
        Resource("/jobs/ingest/{job}/unprocessedrecords", "ingest_results", ingest.UNPROCESSED),
        Resource("/jobs/ingest/{job}/unprocessedRecords", "ingest_results", ingest.UNPROCESSED),
        Resource("/composite/batch", "batch", _batch, method="POST"),
        Resource("/composite/sobjects", "collection", collections.create, method="POST"),
        Resource("/composite/sobjects", "collection", collections.update, method="PATCH"),
        Resource("/composite/sobjects", "collection", collections.delete, method="DELETE"),
        Resource("/composite/sobjects/{name}", "record", collections.retrieve),
        Resource("/composite/sobjects/{name}", "record", collections.retrieve, method="POST"),
        Resource("/composite/sobjects/{name}/{field}", "collection", collections.upsert, method="PATCH"),
        Resource("/sobjects", "describe_global", sobjects.list_objects),
        Resource("/sobjects/{name}", "object_info", sobjects.object_info),
        Resource("/sobjects/{name}", "write", writes.create, method="POST"),
        Resource("/sobjects/{name}/describe", "describe", sobjects.describe),
        Resource("/sobjects/{name}/updated", "updated", replication.updated),
        Resource("/sobjects/{name}/deleted", "deleted", replication.deleted),
        Resource("/sobjects/{name}/{id}", "record", sobjects.record),
        Resource("/sobjects/{name}/{id}", "write", writes.update, method="PATCH"),
        Resource("/sobjects/{name}/{id}", "write", writes.delete, method="DELETE"),
        Resource("/sobjects/{name}/{field}/{value:path}", "record", writes.by_key),
        Resource("/sobjects/{name}/{field}/{value:path}", "write", writes.upsert, method="PATCH"),
        Resource("/sobjects/{name}/{field}/{value:path}", "write", writes.delete_by_key, method="DELETE"),
    )
)
"""The REST interface, below the version."""
