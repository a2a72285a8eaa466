"""The XML API: `/bucket/object`, the paths of signed URLs, obstore and polars.

Belongs here: put, get, delete, copy, list, and dispatch to multipart uploads (`xml_uploads`).
Does not: signatures, which are accepted unread. https://cloud.google.com/storage/docs/xml-api/overview
"""

import re
from xml.sax.saxutils import escape

from sandbox.gcs import checksums, fields, preconditions, xml_uploads
from sandbox.gcs.lake import Lake
from sandbox.gcs.listing import PAGE, Selection, list_page
from sandbox.gcs.media import download
from sandbox.gcs.objects import Incoming, Source, StoredObject
from sandbox.gcs.preconditions import number
from sandbox.gcs.refusals import Refusal
from sandbox.gcs.upload_api import store_body
from sandbox.gcs.wire import Request, Response, decoded

_PATH = re.compile(r"/(?P<bucket>[^/]+)(?:/(?P<name>.*))?", re.DOTALL)


def answer(lake: Lake, request: Request) -> Response:
    """Answer any path that the JSON API does not know; refusals come as XML."""
    try:
        bucket, name = _split(request.path)
        return _on_object(lake, request, bucket, name) if name else _on_bucket(lake, request, bucket)
    except Refusal as refusal:
        if refusal.status == 304:
            raise
        body = f"<Error><Code>{refusal.reason}</Code><Message>{escape(refusal.message)}</Message></Error>"
        return _xml(body, refusal.status, refusal.headers)


def _split(path: str) -> tuple[str, str]:
    match = _PATH.fullmatch(path)
    if match is None:
        raise Refusal(404, "NotFound", "There is no such path.")
    return decoded(match["bucket"]), decoded(match["name"] or "")


def _on_bucket(lake: Lake, request: Request, bucket: str) -> Response:
    if request.method not in ("GET", "HEAD"):
        raise Refusal(405, "MethodNotAllowed", "Create and delete buckets by the JSON API.")
    lake.buckets.get(bucket)
    query = request.query
    start = query.get("start-after") or query.get("marker")
    selection = Selection(bucket, query.get("prefix", ""), query.get("delimiter", ""), f"{start}\0" if start else "")
    limit = number(query, "max-keys")
    page = list_page(lake.metadata, selection, min(limit or PAGE, PAGE), query.get("continuation-token"))
    contents = "".join(map(_contents, page.items))
    folders = "".join(f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>" for folder in page.prefixes)
    more = f"<NextContinuationToken>{page.next}</NextContinuationToken>" if page.next else ""
    return _xml(
        f"<ListBucketResult><Name>{bucket}</Name><Prefix>{escape(selection.prefix)}</Prefix>"
        f"<IsTruncated>{'true' if page.next else 'false'}</IsTruncated>{more}{contents}{folders}"
        "</ListBucketResult>"
    )


def _contents(found: StoredObject) -> str:
    return (
        f"<Contents><Key>{escape(found.name)}</Key><Generation>{found.generation}</Generation>"
        f'<LastModified>{found.updated}</LastModified><ETag>"{found.etag}"</ETag><Size>{found.size}</Size></Contents>'
    )


def _on_object(lake: Lake, request: Request, bucket: str, name: str) -> Response:
    if "uploads" in request.query or "uploadId" in request.query:
        return _xml_or_empty(xml_uploads.answer(lake, request, bucket, name))
    conditions = preconditions.from_headers(request.headers)
    source = Source(bucket, name, number(request.query, "generation"), conditions)
    if request.method in ("GET", "HEAD"):
        return download(lake.objects, source, request.headers.get("range"))
    if request.method == "PUT":
        return _put(lake, request, bucket, name, conditions)
    if request.method == "DELETE":
        lake.objects.delete(source)
        return Response(204)
    raise Refusal(405, "MethodNotAllowed", f"{request.method} is not allowed on an object.")


def _put(lake: Lake, request: Request, bucket: str, name: str, conditions: preconditions.Preconditions) -> Response:
    if origin := request.headers.get("x-goog-copy-source"):
        source = Source(*_split("/" + origin.removeprefix("/")))
        stored = lake.objects.copy(source, bucket, name, {}, conditions)
        return _xml(f'<CopyObjectResult><ETag>"{stored.etag}"</ETag></CopyObjectResult>', 200, _versions(stored))
    written = fields.writable({"contentType": request.headers.get("content-type")})
    incoming = Incoming(bucket, name, written, conditions, checksums.from_headers(request.headers))
    stored = store_body(lake, incoming, request.body, request.body.length)
    return Response(200, b"", _versions(stored))


def _versions(stored: StoredObject) -> dict[str, str]:
    return {"ETag": f'"{stored.etag}"', "x-goog-generation": str(stored.generation)}


def _xml_or_empty(found: str | Response) -> Response:
    return _xml(found) if isinstance(found, str) else found


def _xml(body: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?>{body}".encode()
    return Response(status, text, {"Content-Type": "application/xml; charset=UTF-8", **(headers or {})})
