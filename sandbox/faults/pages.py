"""Pages of rows with other rows than they should have.

Belongs here: rows missing, doubled or of another page; the pages that can be sent again.
Does not: how a vendor writes a page (`vendor.Page`); bytes that are no rows (`reply`).
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from sandbox.faults.kinds import Fault, LastPage, Missing, PageAgain, RowsAgain, ShortPage
from sandbox.faults.reply import Reply
from sandbox.faults.vendor import Page

_MOST_KEPT = 16
"""Results of which the last page is kept; a Bulk page may have 15 MB."""


class LastPages:
    """The rows of the pages that were sent last, by the name under which the next page knows them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: OrderedDict[str, Sequence[Any]] = OrderedDict()

    def has(self, name: str) -> bool:
        """Return whether the page was sent."""
        return name in self._rows

    def rows(self, name: str) -> Sequence[Any]:
        """Return the rows of the page; none if there was no page."""
        return self._rows.get(name, ())

    def keep(self, names: Sequence[str], rows: Sequence[Any]) -> None:
        """Remember the rows of a page that is being sent."""
        with self._lock:
            for name in names:
                self._rows[name] = rows
                self._rows.move_to_end(name)
            while len(self._rows) > _MOST_KEPT:
                self._rows.popitem(last=False)


def change_rows(reply: Reply, page: Page, faults: Sequence[Fault], last: LastPages, page_before: str = "") -> None:
    """Change the rows of a page as the faults will have it, and remember them as they were."""
    rows = page.rows
    for fault in faults:
        rows = _changed(rows, fault, last.rows(page_before))
    last.keep(page.remembered_as, page.rows)
    ends = any(isinstance(fault, LastPage) for fault in faults)
    if rows is not page.rows or ends:
        # Where the number of rows is told, it goes on saying how many there should be: nothing else tells of them.
        counted = not any(isinstance(fault, ShortPage | Missing) for fault in faults)
        page.write(reply, rows, counted=counted, last=ends)


def _changed(rows: Sequence[Any], fault: Fault, previous: Sequence[Any]) -> Sequence[Any]:
    match fault:
        case ShortPage():
            return rows[: int(len(rows) * fault.share)]
        case RowsAgain():
            return [*rows, *rows[-fault.rows :]]
        case Missing():
            return rows[fault.rows :]
        case PageAgain():
            return previous
        case _:
            return rows
