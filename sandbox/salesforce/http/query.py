"""`query`, `queryAll` and the pages behind a locator.

Belongs here: pages, locators, `attributes`. Does not: SOQL (`sandbox.salesforce.soql`).
"""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.salesforce.http.call import Call
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.locators import Cursor, bad_locator, new_locator
from sandbox.salesforce.org import Query

_BATCH_SIZE = re.compile(r"batchSize\s*=\s*(\d+)", re.IGNORECASE)
_LOCATOR = re.compile(r"([0-9A-Za-z]{18})-(\d{1,15})")


def query(call: Call) -> dict[str, Any]:
    """Answer `/query?q=`: rows that are not deleted."""
    return _first_page(call, include_deleted=False)


def query_all(call: Call) -> dict[str, Any]:
    """Answer `/queryAll?q=`: deleted rows too, on all pages."""
    return _first_page(call, include_deleted=True)


def query_more(call: Call) -> dict[str, Any]:
    """Answer `/query/<locator>-<row>`, also for a locator of queryAll."""
    match = _LOCATOR.fullmatch(call.path["locator"])
    if match is None:
        raise bad_locator()
    start = int(match[2])
    cursor, position = call.locators.find(call.org.name, match[1], start, call.org.now())
    found = call.org.query(cursor.soql, include_deleted=cursor.include_deleted, moment=cursor.moment)
    call.counters.page(call.org.name, call.path["locator"])
    return _page(call, found, cursor, start, position)


def _first_page(call: Call, *, include_deleted: bool) -> dict[str, Any]:
    soql = call.params.get("q", "")
    if not soql.strip():
        raise ApiError(400, "MALFORMED_QUERY", "A query string has to be specified")
    found = call.org.query(soql, include_deleted=include_deleted)
    total = found.total_size
    if found.is_count:
        return {"totalSize": total, "done": True, "records": []}
    cursor = Cursor(new_locator(), soql, include_deleted, _page_size(call.headers), total, found.moment)
    call.counters.page(call.org.name, f"{include_deleted} {soql}")
    return _page(call, found, cursor, 0, None)


def _page_size(headers: Mapping[str, str]) -> int:
    asked = _BATCH_SIZE.search(headers.get("sforce-query-options", ""))
    return min(max(int(asked[1]), 200), 2000) if asked else 2000


def _page(call: Call, found: Query, cursor: Cursor, start: int, position: str | None) -> dict[str, Any]:
    page = found.page(position, cursor.page_size)
    reply: dict[str, Any] = {"totalSize": cursor.total, "done": page.next is None}
    if page.next is not None:
        following = start + len(page.rows)
        if start == 0:
            call.locators.open(call.org.name, cursor, call.org.now())
        call.locators.remember(cursor.locator, following, page.next)
        reply["nextRecordsUrl"] = f"{call.base}/query/{cursor.locator}-{following}"
    kind = found.sobject
    prefix = f"{call.base}/sobjects/{kind}/"
    if "Id" in found.columns:
        reply["records"] = [{"attributes": {"type": kind, "url": f"{prefix}{row['Id']}"}, **row} for row in page.rows]
    else:
        reply["records"] = [{"attributes": {"type": kind}, **row} for row in page.rows]
    return reply
