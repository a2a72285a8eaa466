"""Listing a bucket in pages.

Belongs here: prefix, delimiter, offsets and page tokens. A page reads what it returns and one name more; a
folder under a delimiter is skipped with one seek, however many objects it holds.
Does not: the shape of the answer.
"""

import base64
import binascii
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.gcs.metadata import Metadata
from sandbox.gcs.objects import StoredObject, from_row
from sandbox.gcs.refusals import invalid

PAGE = 1000  # Google's largest page
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which names to list: [start, end) within a prefix, names beyond the delimiter folded into prefixes."""

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    folders_as_items: bool = False


@dataclass(slots=True)
class Page:
    """One page: objects, folded prefixes, and the token of the next page when there is one."""

    items: list[StoredObject] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    next: str | None = None


def list_page(metadata: Metadata, selection: Selection, limit: int, token: str | None = None) -> Page:
    """Return at most `limit` entries, by name; a token names the first entry that was not returned."""
    page = Page()
    position: str | None = max(selection.prefix, selection.start, _from_token(token) if token else "")
    with metadata.reading() as rows:
        while position is not None and page.next is None:
            position = _fill(page, rows, selection, position, limit)
    return page


def _fill(page: Page, rows: sqlite3.Connection, selection: Selection, position: str, limit: int) -> str | None:
    """Add entries from `position` on; return where to seek after a folded prefix, None at the end."""
    for row in _from(rows, selection, position):
        folder = _folder(row["name"], selection)
        if folder is not None and folder in page.prefixes[-1:]:
            continue
        if len(page.items) + len(page.prefixes) >= limit:
            page.next = _to_token(row["name"])
            return None
        if folder is None:
            page.items.append(from_row(row))
            continue
        page.prefixes.append(folder)
        if not selection.folders_as_items:
            return folder + _LAST_CHARACTER
        if row["name"] == folder:
            page.items.append(from_row(row))
    return None


def _from(rows: sqlite3.Connection, selection: Selection, position: str) -> Iterator[sqlite3.Row]:
    query = "SELECT * FROM objects WHERE bucket = ? AND name >= ? ORDER BY name"
    for row in rows.execute(query, (selection.bucket, position)):
        name = row["name"]
        if not name.startswith(selection.prefix) or (selection.end and name >= selection.end):
            return
        yield row


def _folder(name: str, selection: Selection) -> str | None:
    if not selection.delimiter:
        return None
    at = name.find(selection.delimiter, len(selection.prefix))
    return name[: at + len(selection.delimiter)] if at >= 0 else None


def _to_token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode()


def _from_token(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, ValueError):
        raise invalid("Invalid pageToken: use the nextPageToken of the page before.") from None
