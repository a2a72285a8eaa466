"""The rows of a chunk: a range of the list, ids that changed, or the recycle bin.

Belongs here: joining pages, edges and rows to batches. Does not: asking (`listing`, `reading`, `associations`).
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.hubspot.associations import MOST_INPUTS, Associations
from nooks_dagster.crm.hubspot.fields import associated_types
from nooks_dagster.crm.hubspot.in_order import in_order
from nooks_dagster.crm.hubspot.listing import DOUBTS, Listing
from nooks_dagster.crm.hubspot.pages import Page
from nooks_dagster.crm.hubspot.plans import ARCHIVED
from nooks_dagster.crm.hubspot.ranges import Range, Span
from nooks_dagster.crm.hubspot.reading import Reading
from nooks_dagster.crm.hubspot.rows import MERGED, Rows
from nooks_dagster.crm.hubspot.searching import ID
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Chunk, Extraction, SourceObject
from nooks_dagster.crm.rows.held import Held

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

Batches = Callable[[pa.RecordBatch], Iterator[pa.RecordBatch]]
"""Makes rows of records."""

GROUP_ROWS = MOST_INPUTS  # one call for the associations of each type; a page of 100 would cost Arrow 10 µs a row
GROUP_BYTES = 4_000_000  # e-mails have 60 KB: 1,000 of them, of each reader and five times over, are a gigabyte
AHEAD = 4  # groups of a reader that wait for their turn: all of a range, and no more of one that has grown
LONGEST_LIST = 6_000  # characters of property names in an address; beyond, servers and proxies refuse it


class Extractor:
    """Reads chunks of one portal's records.

    Args:
        session: The portal.
        held: What is here already.
        readers: Of one range at once.
    """

    def __init__(self, session: Session, held: Held, readers: int) -> None:
        self._session = session
        self._held = held
        self._readers = readers

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """See `Connector.extract`."""
        rows = Rows(source)
        associations = Associations(self._session, source.name, associated_types(source))
        if chunk.ids:
            return self._by_ids(rows, associations, source, chunk.ids)
        if ARCHIVED in chunk.spec:
            return self._archived(rows, source, news=bool(chunk.spec[ARCHIVED]))
        streams = self._streams(rows, source, chunk)
        return _extraction(streams, lambda records: _complete(rows, associations, records))

    def _by_ids(self, rows: Rows, associations: Associations, source: SourceObject, ids: Sequence[str]) -> Extraction:
        pages = Reading(self._session, source.name, rows.properties).pages(ids)
        opened = next(pages)
        alive = _each(_groups(chain([opened], pages)), lambda records: _complete(rows, associations, records))
        in_bin = Reading(self._session, source.name, [ID, MERGED], archived=True)
        return Extraction(opened.began, _then_from_bin(alive, in_bin, rows, set(ids)))

    def _archived(self, rows: Rows, source: SourceObject, *, news: bool) -> Extraction:
        """Read the recycle bin; of it only what is not known as deleted here, if the next window does so again."""
        doubts = 0 if news else DOUBTS
        pages = Listing(self._session, source.name, [ID, MERGED], archived=True, doubts=doubts).pages(Span())
        if news:
            return _extraction([pages], lambda records: _archived(rows, self._unknown(source, records)))
        return _extraction([pages], lambda records: _archived(rows, records))

    def _unknown(self, source: SourceObject, records: pa.RecordBatch) -> pa.RecordBatch:
        """Return the archived records that are not known as such here."""
        ids = records.column("id")
        known = pa.array(self._held.deleted(source, ids.to_pylist()), ids.type)
        return records.filter(pc.invert(pc.is_in(ids, value_set=known)))

    def _streams(self, rows: Rows, source: SourceObject, chunk: Chunk) -> list[Iterator[Page]]:
        part = Range.of(chunk.spec)
        if len(",".join(rows.properties)) <= LONGEST_LIST:
            listing = Listing(self._session, source.name, rows.properties)
            return [listing.pages(span) for span in part.shares(self._readers)]
        reading = Reading(self._session, source.name, rows.properties)
        # By one reader: a group of 2,000 columns has 16 MB, and each reader would keep five of them.
        return [reading.whole(Listing(self._session, source.name, [ID]).pages(part.span))]


def _extraction(streams: list[Iterator[Page]], batches: Batches) -> Extraction:
    first, *others = streams
    opened = next(first)
    groups = [_groups(chain([opened], first)), *map(_groups, others)]
    return Extraction(opened.began, in_order([_each(group, batches) for group in groups], AHEAD))


def _each(groups: Iterator[pa.RecordBatch], batches: Batches) -> Iterator[pa.RecordBatch]:
    for group in groups:
        yield from batches(group)


def _then_from_bin(
    alive: Iterator[pa.RecordBatch], in_bin: Reading, rows: Rows, wanted: set[str]
) -> Iterator[pa.RecordBatch]:
    """Yield rows, then those of the wanted records that were not among them and are in the recycle bin."""
    for batch in alive:
        wanted.difference_update(batch.column("id").to_pylist())
        yield batch
    yield from _each(_groups(in_bin.pages(sorted(wanted))), lambda records: _archived(rows, records))


def _complete(rows: Rows, associations: Associations, records: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the rows of records with their edges, and those of the ids that were merged into them."""
    yield rows.batch(records, associations.of(records.column("id").to_pylist()))
    if gone := rows.merged_away(records):
        yield gone


def _archived(rows: Rows, records: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Yield the rows of archived records, and of the ids merged into them."""
    if records.num_rows:
        yield rows.archived(records)
    if gone := rows.merged_away(records):
        yield gone


def _groups(pages: Iterator[Page]) -> Iterator[pa.RecordBatch]:
    """Yield the records of pages in groups as large as one call for associations takes, or memory."""
    waiting: list[pa.RecordBatch] = []
    for page in pages:
        if len(page.numbers):
            waiting.append(page.records)
        if sum(map(len, waiting)) >= GROUP_ROWS or sum(batch.nbytes for batch in waiting) >= GROUP_BYTES:
            together = pa.concat_batches(waiting)
            yield together.slice(0, GROUP_ROWS)
            waiting = [together.slice(GROUP_ROWS)]
    if sum(map(len, waiting)):
        yield pa.concat_batches(waiting)
