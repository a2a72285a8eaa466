"""The address book of the REST interface: which handler answers below `/services/data/vXX.0`.

Belongs here: addresses, methods, the kind under which a call is counted; resources about resources.
Does not: letting calls in (`rest`), answering them (the handlers).
"""

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.routing import compile_path

from sandbox.salesforce.http import limits, query, replication, sobjects
from sandbox.salesforce.http.call import Call, Handler
from sandbox.salesforce.http.errors import ApiError, from_org, not_found
from sandbox.salesforce.http.versions import check_version
from sandbox.salesforce.org import SoqlError

_MOST_IN_BATCH = 25


@dataclass(frozen=True, slots=True)
class Resource:
    """One address. `kind` is the word under which the sandbox counts calls to it."""

    path: str
    kind: str
    handler: Handler
    method: str = "GET"


def _index(call: Call) -> dict[str, str]:
    names = ("sobjects", "query", "queryAll", "limits", "composite")
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
    )
    try:
        check_version(inner.version)
        resource, path = find(inner.method, inner.address)
        return {"statusCode": 200, "result": resource.handler(replace(inner, path=path))}
    except SoqlError as error:
        refusal = from_org(error)
    except ApiError as error:
        refusal = error
    return {"statusCode": refusal.status, "result": refusal.body}


_RESOURCES = (
    Resource("/", "index", _index),
    Resource("/query", "query", query.query),
    Resource("/queryAll", "query_all", query.query_all),
    Resource("/query/{locator}", "query_more", query.query_more),
    Resource("/queryAll/{locator}", "query_more", query.query_more),
    Resource("/limits", "limits", limits.limits),
    Resource("/limits/recordCount", "record_count", limits.record_count),
    Resource("/composite/batch", "batch", _batch, method="POST"),
    Resource("/sobjects", "describe_global", sobjects.list_objects),
    Resource("/sobjects/{name}", "object_info", sobjects.object_info),
    Resource("/sobjects/{name}/describe", "describe", sobjects.describe),
    Resource("/sobjects/{name}/updated", "updated", replication.updated),
    Resource("/sobjects/{name}/deleted", "deleted", replication.deleted),
    Resource("/sobjects/{name}/{id}", "record", sobjects.record),
)
_PATTERNS: list[tuple[re.Pattern[str], Resource]] = [(compile_path(r.path)[0], r) for r in _RESOURCES]


def find(method: str, address: str) -> tuple[Resource, dict[str, str]]:
    """Return the resource at an address below the version, and the variable parts of the address.

    Raises:
        ApiError: NOT_FOUND, or METHOD_NOT_ALLOWED when only the method is wrong.
    """
    for pattern, resource in _PATTERNS:
        match = pattern.match(address)
        if match is None:
            continue
        if method not in {resource.method, "HEAD"}:
            allowed = f"HTTP Method '{method}' not allowed. Allowed are {resource.method}"
            raise ApiError(405, "METHOD_NOT_ALLOWED", allowed)
        return resource, match.groupdict()
    raise not_found()
