"""The stream of one page of a bulk job: compressed when accepted, counted when its last byte is out.

Belongs here: the response and the counting. Does not: which page (`bulk`, `bulk1`), its bytes
(`sandbox.salesforce.bulk`).
"""

from collections.abc import Iterator

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from sandbox.counters import Counters
from sandbox.salesforce.bulk.pages import ResultPage, locator
from sandbox.salesforce.bulk.results import gzipped
from sandbox.salesforce.http.call import Call

CSV = "text/csv; charset=UTF-8"


class _Flight(StreamingResponse):
    """A stream that is in flight until its last byte is out, or its client has gone."""

    def __init__(self, counters: Counters, parts: Iterator[bytes], headers: dict[str, str], media_type: str) -> None:
        super().__init__(parts, headers=headers, media_type=media_type)
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._counters.flight():
            await super().__call__(scope, receive, send)


def download(call: Call, page: ResultPage, slices: Iterator[bytes], media_type: str) -> StreamingResponse:
    """Return a response that makes a page slice by slice, each in a worker thread."""
    compressed = "gzip" in call.headers.get("accept-encoding", "")
    headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if compressed else {}
    parts = _parts(call, page, slices, compressed=compressed)
    return _Flight(call.counters, parts, headers, media_type)


def _parts(call: Call, page: ResultPage, slices: Iterator[bytes], *, compressed: bool) -> Iterator[bytes]:
    made = sent = 0

    def counted() -> Iterator[bytes]:
        nonlocal made
        for part in slices:
            made += len(part)
            yield part

    for part in gzipped(counted()) if compressed else counted():
        sent += len(part)
        yield part
    # Only here has the last part been handed to the socket.
    call.jobs.delivered(page.job, page.start, made)
    call.counters.page(call.org.name, f"{page.job.id} {locator(page.start)}")
    call.counters.delivered(call.org.name, call.kind, page.rows, sent)
