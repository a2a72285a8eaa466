"""Uploads of the JSON API: media, multipart and resumable.

Belongs here: what a client says before and with the bytes. Does not: sessions (`uploads`).
https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from sandbox.gcs import checksums, fields, preconditions
from sandbox.gcs.lake import Lake
from sandbox.gcs.objects import Incoming, StoredObject, check_name
from sandbox.gcs.refusals import Refusal, invalid
from sandbox.gcs.related import parse_related
from sandbox.gcs.resources import object_resource
from sandbox.gcs.uploads import Upload
from sandbox.gcs.wire import Request, Response, decoded, json_response

_PATH = re.compile(r"(?:/resumable)?/upload/storage/v1/b/(?P<bucket>[^/]+)/o")
_QUANTUM = 256 * 1024  # bytes: every chunk but the last is a multiple of it


def answer(lake: Lake, request: Request) -> Response | None:
    """Answer an upload request; None when the path belongs to another API. Raises `Refusal`."""
    match = _PATH.fullmatch(request.path)
    if match is None:
        return None
    if "upload_id" in request.query:
        return _continue(lake, request)
    if request.method not in ("POST", "PUT"):
        raise Refusal(405, "methodNotAllowed", "Uploads start with POST.")
    bucket = decoded(match["bucket"])
    kind = request.query.get("uploadType")
    if kind == "resumable":
        return _start(lake, request, bucket)
    if kind == "multipart":
        return _multipart(lake, request, bucket)
    if kind == "media":
        return _media(lake, request, bucket)
    raise invalid("uploadType must be media, multipart or resumable.")


def store_body(lake: Lake, incoming: Incoming, chunks: Iterable[bytes], announced: int | None) -> StoredObject:
    """Stream `chunks` into the object declared; `announced` bytes must fit on the disk. Raises `Refusal`."""
    check_name(incoming.name)
    lake.buckets.get(incoming.bucket)  # refused before the bytes are stored, and again at the commit
    with lake.blobs.writer(announced) as writer:
        writer.write_all(chunks)
        return lake.objects.put(incoming, writer.finish())


def _media(lake: Lake, request: Request, bucket: str) -> Response:
    resource = {"contentType": request.headers.get("content-type"), "name": request.query.get("name")}
    stored = store_body(lake, _incoming(request, bucket, resource), request.body, request.body.length)
    return json_response(object_resource(stored, request.base_url))


def _multipart(lake: Lake, request: Request, bucket: str) -> Response:
    related = parse_related(request.headers.get("content-type", ""), request.body)
    resource = {"contentType": related.content_type, **related.resource}
    stored = store_body(lake, _incoming(request, bucket, resource), related.media, request.body.length)
    return json_response(object_resource(stored, request.base_url))


def _start(lake: Lake, request: Request, bucket: str) -> Response:
    resource = {"contentType": request.headers.get("x-upload-content-type"), **request.json()}
    identity = lake.uploads.start(_incoming(request, bucket, resource))
    location = f"{request.base_url}{request.path}?uploadType=resumable&upload_id={identity}"
    return Response(200, b"", {"Location": location, "X-GUploader-UploadID": identity})


def _incoming(request: Request, bucket: str, resource: Mapping[str, JsonValue]) -> Incoming:
    """Return what a request declares, by its headers, its query and the object's `resource`."""
    told = checksums.from_headers(request.headers).merged(checksums.from_resource(resource))
    return Incoming(
        bucket,
        str(resource.get("name") or request.query.get("name") or ""),
        fields.writable(resource),
        preconditions.from_query(request.query),
        told,
    )


@dataclass(frozen=True, slots=True)
class _Sent:
    """Where a request's bytes begin, and the size of the whole object when the client knows it."""

    start: int
    total: int | None


def _continue(lake: Lake, request: Request) -> Response:
    with lake.uploads.held(request.query["upload_id"]) as upload:
        if request.method == "DELETE":
            lake.uploads.end(upload)
            return Response(499)  # Google's answer to a cancelled upload
        if upload.answer is not None:
            return json_response(object_resource(upload.answer, request.base_url))
        return _receive(lake, request, upload)


def _receive(lake: Lake, request: Request, upload: Upload) -> Response:
    sent, received = _sent(request), lake.uploads.received(upload)
    if sent.start > received:
        raise Refusal(503, "backendError", f"Only {received} bytes have arrived: go on from there.")
    lake.blobs.check_room(request.body.length or 0)
    received = lake.uploads.append(upload, _skipped(request.body, received - sent.start))
    total = sent.total
    if total is None and "content-range" not in request.headers:
        total = received  # a chunked body without a range is the whole object
    if total is None or received < total:
        return Response(308, b"", {"Range": f"bytes=0-{received - 1}"} if received else {})
    if received > total:
        raise invalid(f"{received} bytes arrived for an upload of {total}.")
    stored = lake.uploads.finish(upload, checksums.from_headers(request.headers))
    return json_response(object_resource(stored, request.base_url))


def _sent(request: Request) -> _Sent:
    """Read Content-Range; `*` for the span asks for the status. Raises `Refusal` 400."""
    header, length = request.headers.get("content-range"), request.body.length
    if header is None:
        return _Sent(0, length)
    match = re.fullmatch(r"bytes (?:\*|(\d{1,18})-(\d{1,18}))/(?:\*|(\d{1,18}))", header.strip())
    if match is None:
        raise invalid(f"Content-Range is not understood: {header[:60]!r}.")
    total = int(match[3]) if match[3] else None
    span = range(int(match[1]), int(match[2]) + 1) if match[1] else range(0)
    if length is not None and length != len(span):
        raise invalid(f"Content-Range announces {len(span)} bytes, Content-Length {length}.")
    if total is not None and span.stop > total:
        raise invalid("Content-Range reaches beyond the announced total.")
    if span.stop != total and len(span) % _QUANTUM:
        raise invalid(f"Every chunk but the last must be a multiple of {_QUANTUM} bytes.")
    return _Sent(span.start, total)


def _skipped(chunks: Iterable[bytes], count: int) -> Iterator[bytes]:
    """Yield the chunks without their first `count` bytes, which arrived before."""
    for chunk in chunks:
        yield chunk[count:]
        count = max(0, count - len(chunk))
