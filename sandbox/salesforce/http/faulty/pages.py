"""Pages of rows, JSON and CSV, as the faults take them apart and put them together.

Belongs here: `sandbox.faults.vendor.Page` for Salesforce. Does not: which rows a page shall have.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.faults.reply import Reply
from sandbox.faults.vendor import Page

_ROW = re.compile(rb'(?:"[^"]*"|[^"\n]+)*\n')
_NEXT = re.compile(r"/(0r8[0-9A-Za-z]{15})-")


@dataclass(frozen=True, slots=True)
class CsvPage:
    """A page of a Bulk job."""

    header: bytes
    rows: Sequence[bytes]
    remembered_as: Sequence[str]

    def write(self, reply: Reply, rows: Sequence[bytes], *, counted: bool, last: bool) -> None:
        """Put other rows into the reply."""
        reply.body = b"".join([self.header, *rows])
        if counted and "Sforce-NumberOfRecords" in reply.headers:
            reply.headers["Sforce-NumberOfRecords"] = str(len(rows))
        if last:
            reply.headers["Sforce-Locator"] = "null"


@dataclass(frozen=True, slots=True)
class JsonPage:
    """A page of a query; its document counts the rows of all pages, whatever this one has."""

    document: dict[str, Any]
    remembered_as: Sequence[str]

    @property
    def rows(self) -> Sequence[Any]:
        """The records."""
        records: list[Any] = self.document["records"]
        return records

    def write(self, reply: Reply, rows: Sequence[Any], *, counted: bool, last: bool) -> None:  # noqa: ARG002
        """Put other rows into the reply."""
        document = {**self.document, "records": rows}
        if last:
            document.pop("nextRecordsUrl", None)
            document["done"] = True
        reply.body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def read_page(reply: Reply, cursor: str) -> Page | None:
    """Return the page that a reply is, or None; `cursor` is what was asked with, empty on a first page of JSON."""
    if reply.status != 200:
        return None
    if reply.headers.get("content-type", "").startswith("text/csv"):
        header, *rows = _ROW.findall(reply.body) or [b""]
        return CsvPage(header, rows, _names(cursor))
    document = json.loads(reply.body) if reply.body else None
    if not isinstance(document, dict) or "records" not in document:
        return None
    following = _NEXT.search(document.get("nextRecordsUrl") or "")
    return JsonPage(document, _names(cursor or (following[1] if following else "")))


def _names(name: str) -> Sequence[str]:
    return (name,) if name else ()
