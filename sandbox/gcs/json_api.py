"""The JSON API without uploads: buckets, objects, lists, copies, compose.

Belongs here: the table of routes and the reading of their parameters.
Does not: uploads (`upload_api`), the batch endpoint (`batch`), XML paths (`xml_api`).
"""

import re
from collections.abc import Callable, Iterable, Mapping

from pydantic import JsonValue

from sandbox.gcs import fields, preconditions
from sandbox.gcs.lake import Lake
from sandbox.gcs.listing import PAGE, Selection, list_page
from sandbox.gcs.media import download
from sandbox.gcs.objects import Incoming, Source
from sandbox.gcs.preconditions import number
from sandbox.gcs.refusals import Refusal, invalid
from sandbox.gcs.resources import bucket_resource, list_resource, object_resource
from sandbox.gcs.wire import Request, Response, decoded, json_response

Names = Mapping[str, str]


def answer(lake: Lake, request: Request) -> Response | None:
    """Answer a JSON API request; None when the path belongs to another API. Raises `Refusal`."""
    for pattern, methods in _ROUTES:
        if match := pattern.fullmatch(request.path):
            handler = methods.get(request.method)
            if handler is None:
                raise Refusal(405, "methodNotAllowed", f"{request.method} is not allowed on this path.")
            return handler(lake, request, {name: decoded(text) for name, text in match.groupdict().items()})
    return None


def _list_buckets(lake: Lake, request: Request, _: Names) -> Response:
    found = lake.buckets.all(request.query.get("prefix", ""))
    items: list[JsonValue] = [bucket_resource(bucket, request.base_url) for bucket in found]
    return json_response({"kind": "storage#buckets", "items": items})


def _create_bucket(lake: Lake, request: Request, _: Names) -> Response:
    resource = request.json()
    bucket = lake.buckets.create(str(resource.get("name", "")), resource)
    return json_response(bucket_resource(bucket, request.base_url))


def _get_bucket(lake: Lake, request: Request, names: Names) -> Response:
    bucket = lake.buckets.get(names["bucket"])
    preconditions.from_query(request.query).check_read(bucket)
    return json_response(bucket_resource(bucket, request.base_url))


def _patch_bucket(lake: Lake, request: Request, names: Names) -> Response:
    conditions = preconditions.from_query(request.query)
    bucket = lake.buckets.patch(names["bucket"], request.json(), conditions)
    return json_response(bucket_resource(bucket, request.base_url))


def _delete_bucket(lake: Lake, request: Request, names: Names) -> Response:
    lake.buckets.delete(names["bucket"], preconditions.from_query(request.query))
    return Response(204)


def _test_permissions(lake: Lake, request: Request, names: Names) -> Response:
    lake.buckets.get(names["bucket"])
    asked = request.query.get("permissions")  # a client that asks for several hears about the last one
    granted: list[JsonValue] = [asked] if asked else []
    return json_response({"kind": "storage#testIamPermissionsResponse", "permissions": granted})


def _list_objects(lake: Lake, request: Request, names: Names) -> Response:
    query = request.query
    if query.get("matchGlob"):
        raise invalid("This lake does not understand matchGlob: list by prefix and match in the client.")
    lake.buckets.get(names["bucket"])
    limit = number(query, "maxResults")
    selection = Selection(
        names["bucket"], query.get("prefix", ""), query.get("delimiter", ""), query.get("startOffset", ""),
        query.get("endOffset", ""), query.get("includeTrailingDelimiter") == "true",
    )  # fmt: skip
    if limit is not None and limit < 0:
        raise invalid("maxResults must not be negative.")
    page = list_page(lake.metadata, selection, min(limit or PAGE, PAGE), query.get("pageToken"))
    return json_response(list_resource(page, request.base_url))


def _get_object(lake: Lake, request: Request, names: Names) -> Response:
    source = _source(request, names)
    if request.query.get("alt") == "media":
        return download(lake.objects, source, request.headers.get("range"))
    return json_response(object_resource(lake.objects.find(source), request.base_url))


def _change_object(lake: Lake, request: Request, names: Names) -> Response:
    change = fields.writable(request.json())
    found = lake.objects.patch(_source(request, names), change, whole=request.method == "PUT")
    return json_response(object_resource(found, request.base_url))


def _delete_object(lake: Lake, request: Request, names: Names) -> Response:
    lake.objects.delete(_source(request, names))
    return Response(204)


def _copy(lake: Lake, request: Request, names: Names) -> Response:
    copied = lake.objects.copy(
        _copied_from(request, names),
        names["to_bucket"],
        names["to_name"],
        fields.writable(request.json()),
        preconditions.from_query(request.query),
    )
    resource = object_resource(copied, request.base_url)
    if names["verb"] == "copyTo":
        return json_response(resource)
    size = str(copied.size)
    return json_response(
        {
            "kind": "storage#rewriteResponse",
            "totalBytesRewritten": size,
            "objectSize": size,
            "done": True,
            "resource": resource,
        }
    )


def _move(lake: Lake, request: Request, names: Names) -> Response:
    source, conditions = _copied_from(request, names), preconditions.from_query(request.query)
    return json_response(object_resource(lake.objects.move(source, names["to_name"], conditions), request.base_url))


def _compose(lake: Lake, request: Request, names: Names) -> Response:
    document = request.json()
    listed, destination = document.get("sourceObjects"), document.get("destination") or {}
    if not isinstance(listed, list) or not isinstance(destination, dict):
        raise invalid("compose takes sourceObjects, a list, and optionally destination, an object.")
    conditions = preconditions.from_query(request.query)
    composed = lake.objects.compose(
        list(_composed_from(names["bucket"], listed)),
        Incoming(names["bucket"], names["name"], fields.writable(destination), conditions),
    )
    return json_response(object_resource(composed, request.base_url))


def _composed_from(bucket: str, listed: Iterable[JsonValue]) -> Iterable[Source]:
    for item in listed:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            raise invalid("Each of sourceObjects needs a name.")
        wanted = item.get("objectPreconditions")
        generation = number(_texts(item), "generation")
        conditions = preconditions.from_query(_texts(wanted))
        yield Source(bucket, str(item["name"]), generation, conditions)


def _texts(document: JsonValue) -> dict[str, str]:
    """Return a JSON object's values as a query would carry them, without its nulls."""
    members = document.items() if isinstance(document, dict) else ()
    return {name: str(value) for name, value in members if value is not None}


def _source(request: Request, names: Names) -> Source:
    conditions = preconditions.from_query(request.query)
    return Source(names["bucket"], names["name"], number(request.query, "generation"), conditions)


def _copied_from(request: Request, names: Names) -> Source:
    conditions = preconditions.from_query(request.query, "ifSource")
    return Source(names["bucket"], names["name"], number(request.query, "sourceGeneration"), conditions)


_Handler = Callable[[Lake, Request, Names], Response]
_ROOT = "(?:/download)?/storage/v1/b"
_BUCKET = _ROOT + "/(?P<bucket>[^/]+)"
_OBJECT = _BUCKET + "/o/(?P<name>.+)"

# The first match wins: a slash inside a name comes as %2F, so that what follows a plain one is a verb.
_ROUTES: list[tuple[re.Pattern[str], dict[str, _Handler]]] = [
    (re.compile(_ROOT), {"GET": _list_buckets, "POST": _create_bucket}),
    (
        re.compile(_BUCKET),
        {"GET": _get_bucket, "PATCH": _patch_bucket, "PUT": _patch_bucket, "DELETE": _delete_bucket},
    ),
    (re.compile(_BUCKET + "/iam/testPermissions"), {"GET": _test_permissions}),
    (re.compile(_BUCKET + "/o"), {"GET": _list_objects}),
    (re.compile(_OBJECT + "/compose"), {"POST": _compose}),
    (
        re.compile(_OBJECT + "/(?P<verb>copyTo|rewriteTo)/b/(?P<to_bucket>[^/]+)/o/(?P<to_name>.+)"),
        {"POST": _copy},
    ),
    (re.compile(_OBJECT + "/moveTo/o/(?P<to_name>.+)"), {"POST": _move}),
    (
        re.compile(_OBJECT),
        {
            "GET": _get_object,
            "HEAD": _get_object,
            "PATCH": _change_object,
            "PUT": _change_object,
            "DELETE": _delete_object,
        },
    ),
]
