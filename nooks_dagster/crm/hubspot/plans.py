"""How a window is read: ranges of ids for a history, the ids that changed for anything younger, the recycle bin last.

Belongs here: choosing, and going on where another process stopped. Does not: asking (`searching`), reading a chunk
(`extracting`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from nooks_dagster.crm.hubspot.associations import MOST_INPUTS
from nooks_dagster.crm.hubspot.ranges import Range, Span
from nooks_dagster.crm.hubspot.searching import MOST_PLACES, PAGE_ROWS, Found, Place, Searching
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Chunk, Plan, SourceObject, Step, Window
from nooks_dagster.crm.rows.held import Held
from nooks_dagster.crm.sync.packed_ids import pack
from nooks_dagster.failures import Corrupt, Permanent

ARCHIVED = "archived"
CHANGED_OF_A_CHUNK = MOST_INPUTS  # one call for the associations of each type
PACKED_BYTES = 5_700  # and a page more: 200 ids take 1,800 at most, and an item may have 8 KB
NEWS = "news"  # of the recycle bin: what is not known as deleted here
# The bin has no order but that of the ids, so nothing but listing all of it tells what came. That may cost one call for
# each minute that a window spans: 15 minutes and their overlap list 2,500 records, a late pass of 72 hours 432,000.
BIN_PAGE = 100


@dataclass(frozen=True, slots=True)
class Sizes:
    """How large the parts of a window are.

    Attributes:
        chunk: Rows of a range: 100 pages, the seconds that are lost when a worker dies; a border costs one search.
        readers: Of one range at once: 4 ranges and answers of half a second then still reach 19 calls a second.
        list_from: Of so many changed records on, half of all are enough to list everything: the search shows
            800 ids a second, the list 1,900 rows.
    """

    chunk: int = MOST_PLACES - 1
    readers: int = 4
    list_from: int = 20_000


class Planner:
    """Plans the windows of one portal.

    Args:
        session: The portal.
        held: What is here already, and need not be read.
        sizes: How large the parts are.
    """

    def __init__(self, session: Session, held: Held, sizes: Sizes) -> None:
        self._session = session
        self._held = held
        self._sizes = sizes

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None) -> Plan:
        """See `Connector.plan`. `resume` names the border of the last range, or the last changed id; or the bin."""
        searching = Searching(self._session, source.name)
        if resume is not None:
            return Plan(self._go_on(source, searching, window, resume))
        if window.since is None:
            return self._history(source, searching, window)
        try:
            found = searching.changed(window.since, window.until, 0)
        except Permanent:
            return Plan(self._with_bin(source, _everything(), window))
        if found.total >= self._sizes.list_from and 2 * found.total > (first := searching.at(0)).total:
            return Plan(self._with_bin(source, self._ranges(searching, 0, first), window), found.total)
        changed = self._changed(source, searching, window, found, 0)
        return Plan(self._with_bin(source, changed, window), found.total)

    def _go_on(
        self, source: SourceObject, searching: Searching, window: Window, resume: Mapping[str, str]
    ) -> Iterator[Step]:
        if ARCHIVED in resume:
            return iter(())
        if "low" in resume:
            low = int(resume["low"] or 0)
            ranges = self._ranges(searching, low, searching.at(0, low)) if low else iter(())
            return self._with_bin(source, ranges, window)
        if window.since is None:
            raise Corrupt("A history is to go on behind changes.", subject=source.name)
        last = int(resume["last"])
        found = searching.changed(window.since, window.until, last)
        return self._with_bin(source, self._changed(source, searching, window, found, last), window)

    def _history(self, source: SourceObject, searching: Searching, window: Window) -> Plan:
        try:
            first = searching.at(0)
        except Permanent:
            return Plan(self._with_bin(source, _everything(), window))
        return Plan(self._with_bin(source, self._ranges(searching, 0, first), window), first.total)

    def _with_bin(self, source: SourceObject, steps: Iterator[Step], window: Window) -> Iterator[Step]:
        """Yield the steps, then the recycle bin if it is worth it: what was archived while they were read is in it."""
        yield from steps
        whole = window.since is None or window.again
        if whole or self._is_affordable(source, window.until - (window.since or window.until)):
            yield Step((Chunk(ARCHIVED, {ARCHIVED: "" if whole else NEWS}),), {ARCHIVED: ""})

    def _is_affordable(self, source: SourceObject, span: timedelta) -> bool:
        most = BIN_PAGE * (span // timedelta(minutes=1))
        return self._held.lately_deleted(source, most + 1) <= most

    def _ranges(self, searching: Searching, low: int, first: Place) -> Iterator[Step]:
        """Yield ranges from an id on, each as long as a search can look; `low` of 0 is open below."""
        newest = searching.at(0, descending=True).id or 0
        left, at = first.total, first.id or low
        while left > self._sizes.chunk:
            border = searching.at(self._sizes.chunk, at)
            if border.id is None:
                break
            if border.id <= at:
                raise Corrupt("The search does not sort by id.")
            yield _range(Range(Span(low, border.id), at, border.id - 1))
            low = at = border.id
            left = border.total - self._sizes.chunk
        yield _range(Range(Span(low), at, max(at, newest)))

    def _changed(
        self, source: SourceObject, searching: Searching, window: Window, found: Found, last: int
    ) -> Iterator[Step]:
        """Yield the changed ids page by page, without those that are here as they are, unless all are wanted again.

        A record that others went into is always read: one of them may have been read since as if it were still there,
        and no stamp of its own will move again.
        """
        waiting: list[str] = []
        while found.pairs:
            last = found.pairs[-1][0]
            waiting += self._missing(source, window, found)
            if not waiting or len(waiting) > CHANGED_OF_A_CHUNK - PAGE_ROWS or len(pack(waiting)) > PACKED_BYTES:
                yield _behind(last, waiting)
                waiting = []
            if window.since is None or found.total <= len(found.pairs):
                break
            found = searching.changed(window.since, window.until, last)
        if waiting:
            yield _behind(last, waiting)

    def _missing(self, source: SourceObject, window: Window, found: Found) -> list[str]:
        ids = [str(record) for record, _ in found.pairs]
        held = {} if window.again else self._held.stamps(source, ids)
        here = {record for record, stamp in found.pairs if held.get(str(record)) == stamp} - found.winners
        return [str(record) for record, _ in found.pairs if record not in here]


def _behind(last: int, ids: Sequence[str]) -> Step:
    chunks = (Chunk(f"changed.{last}", {}, ids=ids),) if ids else ()
    return Step(chunks, {"last": str(last)})


def _range(part: Range) -> Step:
    low, high = part.span.low, part.span.high
    return Step((Chunk(f"from.{low}", part.spec),), {"low": "" if high is None else str(high)})


def _everything() -> Iterator[Step]:
    yield _range(Range(Span(), 0, 0))
