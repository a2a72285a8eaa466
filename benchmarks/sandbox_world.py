"""How fast the sandbox makes the rows of a generated org, without HTTP: `python benchmarks/sandbox_world.py [ROWS]`.

Belongs here: rows per CPU-second as REST pages, as Bulk texts with their CSV, and as the truth.
Does not: what the platform makes of them (its own benchmarks), sockets, compression.

Each line is the best of five passes, because whatever else the machine does only adds to a pass.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.csv

from sandbox.salesforce.org import Org, Query
from sandbox.salesforce.orgs import Orgs

TYPICAL = (
    "Id", "IsDeleted", "AccountId", "FirstName", "LastName", "Name", "Email", "Phone", "MobilePhone", "Title",
    "Department", "LeadSource", "MailingStreet", "MailingCity", "MailingCountry", "OwnerId", "CreatedDate",
    "LastModifiedDate", "SystemModstamp", "Lifetime_Value__c",
)  # fmt: skip
_PASSES = 5
_REST_PAGE, _BULK_SLICE = 2_000, 16_384
_CSV = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")


def read_pages(query: Query, rows: int) -> None:
    """Read a result as REST serves it."""
    position = None
    for _ in range(0, rows, _REST_PAGE):
        position = query.page(position, _REST_PAGE).next


def write_csv(query: Query, rows: int) -> int:
    """Read a result as the Bulk API serves it, and return the bytes of its CSV."""
    position, written = None, 0
    for _ in range(0, rows, _BULK_SLICE):
        page = query.texts(position, _BULK_SLICE)
        sink = pa.BufferOutputStream()
        pyarrow.csv.write_csv(pa.table(page.columns, names=list(query.columns)), sink, _CSV)
        position, written = page.next, written + sink.tell()
    return written


def told(what: str, rows: int, work: Callable[[], object]) -> None:
    """Print the rate of some work."""
    passes = []
    for _ in range(_PASSES):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        passes.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = (min(column) for column in zip(*passes, strict=True))
    print(f"{what:<34} {rows / wall:>10,.0f} rows/s {cpu / rows * 1e6:>7.2f} CPU-s per million rows")


def measure(org: Org, rows: int) -> None:
    """Print every rate for contacts."""
    every = tuple(field.name for field in org.sobject("Contact").fields if field.type != "address")
    for names in (TYPICAL, every):
        for deleted in (False, True):
            query = org.query(f"SELECT {', '.join(names)} FROM Contact", include_deleted=deleted)
            what = f"{'queryAll' if deleted else 'query'}, {len(names)} columns"
            told(f"Bulk texts and CSV, {what}", rows, partial(write_csv, query, rows))
        told(f"REST rows, {what}", rows // 10, partial(read_pages, query, rows // 10))
    told("truth, every field", rows // 10, lambda: sum(1 for _ in islice(org.truth("Contact"), rows // 10)))


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10 * _BULK_SLICE
        measure(Orgs(Path(folder)).create_generated("acme", 40_000_000, seed=1), wanted)
