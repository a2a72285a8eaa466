"""The rows of a finished batch as JSON, as only Bulk API 1.0 writes them: days and moments are numbers.

Belongs here: that form, in slices. Does not: CSV (`results`).
"""

import json
from collections.abc import Iterator
from typing import Any

from sandbox.salesforce.bulk.jobs import Job
from sandbox.salesforce.moments import milliseconds
from sandbox.salesforce.org import JsonValue, Org

_SLICE = 2_000


def json_slices(org: Org, job: Job) -> Iterator[bytes]:
    """Yield one JSON list of all records; see `results` for the moment they are of."""
    query = org.query(job.request.soql, include_deleted=job.request.include_deleted, moment=job.moment)
    kinds = {field.name: field.type for field in org.sobject(query.sobject).fields}
    place = f"/services/data/v{job.request.version}/sobjects/{query.sobject}"
    position, opening = None, "["
    while True:
        page = query.page(position, _SLICE)
        for row in page.rows:
            record: dict[str, Any] = {"attributes": {"type": query.sobject, "url": f"{place}/{row.get('Id', '')}"}}
            record |= {name: _value(kinds[name], value) for name, value in row.items()}
            yield f"{opening}{json.dumps(record, ensure_ascii=False, separators=(',', ':'))}".encode()
            opening = ","
        if page.next is None:
            break
        position = page.next
    yield b"]" if opening == "," else b"[]"


def _value(kind: str, value: JsonValue) -> JsonValue:
    if not isinstance(value, str) or kind not in {"date", "datetime"}:
        return value
    return milliseconds(value if kind == "datetime" else f"{value}T00:00:00Z")
