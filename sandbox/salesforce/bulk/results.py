"""The rows of a finished job as CSV, in slices, so that a page of any size takes the same memory.

Belongs here: reading the rows again, CSV, compression. Does not: which page (`pages`), HTTP.

A job's results are those of the moment at which it was made. They are not kept but read again, as of that moment,
whenever a page is asked for.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.csv
from isal import isal_zlib

from sandbox.salesforce.bulk.jobs import Job, Request
from sandbox.salesforce.org import Org, Query

DELIMITERS = {"COMMA": ",", "TAB": "\t", "SEMICOLON": ";", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
LINE_ENDINGS = {"LF": "\n", "CRLF": "\r\n"}

_SLICE = 10_000
"""Rows in memory at once: 8 MB of CSV of 47 columns. Larger slices are no faster and take more memory."""


def csv_slices(org: Org, job: Job, start: int, rows: int, *, header: bool) -> Iterator[bytes]:
    """Yield `rows` rows from row `start` on; the first slice begins with the names of the columns, if wanted."""
    request = job.request
    query = org.query(request.soql, include_deleted=request.include_deleted, moment=job.moment)
    if header:
        yield _csv([pa.array([], pa.string()) for _ in query.columns], query.columns, request, header=True)
    for columns in _texts(query, start, rows):
        yield _csv(columns, query.columns, request, header=False)


def gzipped(slices: Iterable[bytes]) -> Iterator[bytes]:
    """Compress at level 1: 350 MB of CSV per CPU-second, to a quarter of its size; zlib does 90 MB."""
    compressor = isal_zlib.compressobj(1, wbits=31)
    for part in slices:
        if packed := compressor.compress(part):
            yield packed
    yield compressor.flush()


def _csv(columns: list[Any], names: tuple[str, ...], request: Request, *, header: bool) -> bytes:
    if len(columns) == 1:
        # A null alone on its line would be an empty line, which readers skip: it is quoted.
        columns = [columns[0].fill_null("")]
    options = pyarrow.csv.WriteOptions(
        include_header=header,
        delimiter=DELIMITERS[request.delimiter],
        eol=LINE_ENDINGS[request.line_ending],
        quoting_style="all_valid",
    )
    written = pa.BufferOutputStream()
    pyarrow.csv.write_csv(pa.table(columns, names=list(names)), written, options)
    return bytes(written.getvalue())


def _texts(query: Query, start: int, rows: int) -> Iterator[list[Any]]:
    """Yield one array of texts per field for each slice of the rows; null and empty are both null."""
    position = query.seek(start)
    while rows > 0:
        page = query.texts(position, min(_SLICE, rows))
        yield page.columns
        position, rows = page.next, rows - page.rows if page.next else 0
