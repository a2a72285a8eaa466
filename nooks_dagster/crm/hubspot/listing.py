"""The list of a type's records in id order, whose pages may be short, inclusive or not.

Belongs here: paging, and when the end is believed. Does not: where ranges begin (`ranges`), rows (`rows`).

HubSpot names the next page by a record's id, and begins with that record. A full page is followed as the server says,
any other one from its own last id, because rows may have been cut off; what was seen already is dropped. The last page
may have been cut too: the end is believed when two answers in a row bring nothing new and name no next page, and a gap
when so many in a row bring nothing and name a page further on.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.pages import Ids, Page, Pages
from nooks_dagster.crm.hubspot.ranges import Span
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.failures import Corrupt

PAGE_ROWS = 100  # HubSpot's most
VAIN_ANSWERS = 5  # in a row
DOUBTS = 2


class Listing:
    """One type's list.

    Args:
        session: The portal.
        name: The type.
        properties: What the records are read with.
        archived: Those in the recycle bin instead of the others.
        doubts: How many answers in a row must bring nothing new before an end is believed; none where what is
            overlooked is found the next time.
    """

    def __init__(
        self, session: Session, name: str, properties: Sequence[str], *, archived: bool = False, doubts: int = DOUBTS
    ) -> None:
        self._session = session
        self._name = name
        self._doubts = doubts
        self._pages = Pages(properties, name)
        self._parameters = [("limit", str(PAGE_ROWS)), ("archived", "true" if archived else "false")]
        self._parameters.append(("properties", ",".join(properties)))

    def pages(self, span: Span) -> Iterator[Page]:
        """Yield the records whose ids lie in a span, a page at a time, at least one page, ids ascending.

        Raises:
            Corrupt: The pages are not in order.
            Failure: What the portal answered.
        """
        after = last = span.low - 1
        doubts = 0
        while True:
            page = self._ask(after)
            yield page.only(_between(page.numbers, last, span.high))
            end = int(page.numbers[-1]) if len(page.numbers) else last
            if span.high is not None and end >= span.high:
                return
            doubts = 0 if end > last else doubts + 1
            if doubts >= self._doubts and page.next is None:
                return
            if doubts == VAIN_ANSWERS:
                after, doubts = self._behind_gap(page, after), 0
                if span.high is not None and after >= span.high:
                    return
            elif not doubts:
                after, last = self._next(page, end), end

    def _behind_gap(self, page: Page, after: int) -> int:
        told = self._told(page)
        if told is None or told <= after:
            raise Corrupt(f"Its list names a next page, and {VAIN_ANSWERS} times brought none.", subject=self._name)
        return told

    def _next(self, page: Page, end: int) -> int:
        told = self._told(page)
        if len(page.numbers) < PAGE_ROWS or told is None:
            return end
        if told < end:
            raise self._disorder()
        return told

    def _told(self, page: Page) -> int | None:
        if page.next is None:
            return None
        if not page.next.isdecimal():
            raise self._disorder()
        return int(page.next)

    def _ask(self, after: int) -> Page:
        parameters = [*self._parameters, *([("after", str(after))] if after > 0 else [])]
        reply = self._session.get(paths.objects(self._name), kind="list", about=self._name, params=parameters)
        page = self._pages.read(reply)
        ids = page.numbers
        if len(ids) and (ids[0] < after or (np.diff(ids) <= 0).any()):
            raise self._disorder()
        return page

    def _disorder(self) -> Corrupt:
        return Corrupt("The pages of its list are not in the order of their ids.", subject=self._name)


def _between(ids: Ids, last: int, high: int | None) -> slice:
    """Return the place of the ids behind `last` and before `high`."""
    start = int(np.searchsorted(ids, last, side="right"))
    return slice(start, len(ids) if high is None else int(np.searchsorted(ids, high, side="left")))
