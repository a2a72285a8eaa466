"""Rows read by their ids, those in the recycle bin too; what is gone from the org does not come.

Belongs here: the queries, a hundred ids each. Does not: paging (`cursor`), objects too wide for one query (`wide`).
"""

from collections.abc import Iterator, Sequence

import pyarrow as pa

from nooks_dagster.crm.model import Extraction, SourceObject
from nooks_dagster.crm.salesforce.cursor import Cursor
from nooks_dagster.crm.salesforce.rest_rows import batch
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.soql import IDS_AT_ONCE, field_groups, is_one_of
from nooks_dagster.crm.salesforce.wide import Wide


def by_ids(session: Session, source: SourceObject, ids: Sequence[str]) -> Extraction:
    """Begin to read the rows of some ids.

    Args:
        session: The org.
        source: The object.
        ids: At least one.

    Raises:
        Failure: What the org answered; also while batches are drawn.
    """
    parts = [ids[at : at + IDS_AT_ONCE] for at in range(0, len(ids), IDS_AT_ONCE)]
    cursor = _cursor(session, source, parts[0])
    extraction = Extraction(cursor.open().began, iter(()), expected_rows=0)
    extraction.batches = _batches(session, source, cursor, parts, extraction)
    return extraction


def _batches(
    session: Session, source: SourceObject, cursor: Cursor, parts: Sequence[Sequence[str]], extraction: Extraction
) -> Iterator[pa.RecordBatch]:
    groups, expected = field_groups(source), 0
    for part in parts:
        if part is not parts[0]:
            cursor = _cursor(session, source, part)
            cursor.open()
        wide = Wide(session, source, groups, [is_one_of(source.key, part)]) if len(groups) > 1 else None
        for page in cursor.pages():
            rows = wide.complete(page) if wide else page
            expected -= len(page) - len(rows)
            if rows:
                yield batch(source, rows)
        expected += cursor.total
        extraction.expected_rows = expected


def _cursor(session: Session, source: SourceObject, ids: Sequence[str]) -> Cursor:
    return Cursor(session, source, field_groups(source)[0], [is_one_of(source.key, ids)])
