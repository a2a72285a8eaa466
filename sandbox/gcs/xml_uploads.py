"""Multipart uploads of the XML API: parts in any order, joined at the end.

Belongs here: start, part, complete, abort; parts outlive the process as sessions do.
Does not: resumable uploads (`uploads`), whose session row it shares.
https://cloud.google.com/storage/docs/multipart-uploads
"""

import sqlite3
from dataclasses import replace
from itertools import chain
from xml.sax.saxutils import escape

from sandbox.gcs import fields, preconditions
from sandbox.gcs.lake import Lake
from sandbox.gcs.objects import NO_CONDITIONS, Incoming
from sandbox.gcs.preconditions import number
from sandbox.gcs.refusals import Refusal, invalid
from sandbox.gcs.uploads import Upload
from sandbox.gcs.wire import Request, Response


def answer(lake: Lake, request: Request, bucket: str, name: str) -> Response | str:
    """Answer a request of a multipart upload, with XML where there is something to say. Raises `Refusal`."""
    if request.method == "POST" and "uploads" in request.query:
        return _start(lake, request, bucket, name)
    with lake.uploads.held(request.query.get("uploadId", "")) as upload:
        if request.method == "PUT":
            return _part(lake, request, upload)
        if request.method == "POST":
            return _complete(lake, request, upload)
        if request.method == "DELETE":
            lake.uploads.end(upload)
            return Response(204)
    raise Refusal(405, "MethodNotAllowed", f"{request.method} is not allowed on a multipart upload.")


def _start(lake: Lake, request: Request, bucket: str, name: str) -> str:
    written = fields.writable({"contentType": request.headers.get("content-type")})
    conditions = preconditions.from_headers(request.headers)
    identity = lake.uploads.start(Incoming(bucket, name, written, conditions))
    return (
        f"<InitiateMultipartUploadResult><Bucket>{bucket}</Bucket><Key>{escape(name)}</Key>"
        f"<UploadId>{identity}</UploadId></InitiateMultipartUploadResult>"
    )


def _part(lake: Lake, request: Request, upload: Upload) -> Response:
    part = number(request.query, "partNumber")
    if part is None or not 1 <= part <= 10_000:
        raise invalid("partNumber goes from 1 to 10000.")
    with lake.blobs.writer(request.body.length) as writer:
        writer.write_all(request.body)
        blob = writer.finish()
        with lake.metadata.writing() as rows:
            for row in _parts(rows, upload):
                if row["number"] == part:
                    lake.metadata.doom(row["file"])
            rows.execute("INSERT OR REPLACE INTO parts VALUES (?, ?, ?)", (upload.id, part, blob.file))
    return Response(200, b"", {"ETag": f'"{blob.file}"'})


def _complete(lake: Lake, request: Request, upload: Upload) -> str:
    request.text()  # the list of parts: all of them, in order, is what every client asks for
    with lake.metadata.reading() as rows:
        files = [row["file"] for row in _parts(rows, upload)]
    incoming = upload.incoming
    if not files:
        raise invalid("The upload has no parts.")
    with lake.blobs.writer(sum(map(lake.blobs.size, files))) as writer:
        writer.write_all(chain.from_iterable(map(lake.blobs.read, files)))
        conditions = preconditions.from_headers(request.headers)  # obstore sends them with the last request
        if conditions != NO_CONDITIONS:
            incoming = replace(incoming, conditions=conditions)
        stored = lake.objects.put(incoming, replace(writer.finish(), md5=None))
    lake.uploads.end(upload)
    return (
        f"<CompleteMultipartUploadResult><Bucket>{incoming.bucket}</Bucket><Key>{escape(incoming.name)}</Key>"
        f'<ETag>"{stored.etag}"</ETag></CompleteMultipartUploadResult>'
    )


def _parts(rows: sqlite3.Connection, upload: Upload) -> list[sqlite3.Row]:
    return rows.execute("SELECT * FROM parts WHERE upload = ? ORDER BY number", (upload.id,)).fetchall()
