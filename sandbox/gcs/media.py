"""Downloads: the bytes of an object, or a range of them, with the headers that clients verify.

Belongs here: Range, ETag, Last-Modified, x-goog-hash. Does not: preconditions (`preconditions`).
"""

import re
from datetime import datetime
from email.utils import format_datetime

from sandbox.gcs.objects import Objects, Source, StoredObject
from sandbox.gcs.refusals import Refusal
from sandbox.gcs.wire import FileRange, Response

_HEADERS = {
    "contentType": "Content-Type",
    "contentEncoding": "Content-Encoding",
    "contentDisposition": "Content-Disposition",
    "contentLanguage": "Content-Language",
    "cacheControl": "Cache-Control",
}


def download(objects: Objects, source: Source, byte_range: str | None) -> Response:
    """Answer with the bytes, or with the range asked for. Raises `Refusal` 304, 404, 412 and 416."""
    found, handle = objects.open(source)
    try:
        wanted = parse_range(byte_range, found.size)
    except Refusal:
        handle.close()
        raise
    headers = _headers(found)
    if wanted is None:
        return Response(200, b"", headers, FileRange(handle, 0, found.size))
    headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{found.size}"
    return Response(206, b"", headers, FileRange(handle, wanted.start, len(wanted)))


def parse_range(header: str | None, size: int) -> range | None:
    """Return the bytes that a Range header means, None for all of them (absent or not understood).

    Raises `Refusal` 416 when it begins past the end.
    """
    match = re.fullmatch(r"\s*bytes=(\d{0,18})-(\d{0,18})\s*", header or "")
    if match is None or not (match[1] or match[2]):
        return None
    if match[1]:
        wanted = range(int(match[1]), min(int(match[2] or size) + 1, size))
        if match[2] and int(match[2]) < int(match[1]):
            return None
    else:
        wanted = range(max(0, size - int(match[2])), size)
    if not wanted:
        raise Refusal(
            416,
            "requestedRangeNotSatisfiable",
            f"The requested range cannot be satisfied: the object has {size} bytes.",
            {"Content-Range": f"bytes */{size}"},
        )
    return wanted


def _headers(found: StoredObject) -> dict[str, str]:
    named = {header: found.fields.get(name) for name, header in _HEADERS.items()}
    hashes = f"crc32c={found.crc32c}" + (f",md5={found.md5}" if found.md5 else "")
    return {
        **{header: str(value) for header, value in named.items() if value is not None},
        "ETag": f'"{found.etag}"',
        "Last-Modified": format_datetime(datetime.fromisoformat(found.updated), usegmt=True),
        "Accept-Ranges": "bytes",
        "x-goog-generation": str(found.generation),
        "x-goog-metageneration": str(found.metageneration),
        "x-goog-hash": hashes,
        "x-goog-storage-class": str(found.fields.get("storageClass", "STANDARD")),
        "x-goog-stored-content-encoding": str(found.fields.get("contentEncoding", "identity")),
        "x-goog-stored-content-length": str(found.size),
    }
