"""The two sides of a bucket: what we have of a range of ids, and what its source has.

Belongs here: asking either side. Does not: comparing (`crm.counts.counting`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.counts.buckets import Bucket, Buckets
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.work import RawDataset
from nooks_dagster.database.pool import Database


@dataclass(frozen=True, slots=True)
class Sides:
    """One bucket; the last one ends before the last id here (`top`), for what lies beyond is not read yet."""

    db: Database
    connector: Connector
    source: SourceObject
    dataset: RawDataset
    bucket: Bucket
    top: str | None

    @property
    def high(self) -> str | None:
        """Return the id before which the range ends."""
        return self.bucket.high or self.top

    def count_there(self) -> int | None:
        """Return how many rows exist at the source; None when it cannot say."""
        return self.connector.count(self.source, self.bucket.low or None, self.high)

    def count_here(self) -> int:
        """Return how many rows exist here."""
        with self.db.transaction() as conn:
            return Buckets(conn, self.dataset).count(self.bucket.low, self.high)

    def ids_there(self) -> Iterator[Sequence[str]]:
        """Yield the ids at the source, a page at a time."""
        return self.connector.ids(self.source, self.bucket.low or None, self.high)

    def ids_here(self) -> set[str]:
        """Return the ids here."""
        with self.db.transaction() as conn:
            return Buckets(conn, self.dataset).ids(self.bucket.low, self.high)
