"""The one protocol that a CRM implements; a third CRM is one new folder beside `salesforce/`.

Belongs here: the contract and nothing else. Errors cross it only as `nooks_dagster.failures`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject, Usage, Window


class Connector(Protocol):
    """One connection to one CRM. Safe to use from several threads; costs nothing until first used."""

    def objects(self) -> Mapping[str, str]:
        """Return the source objects to sync, readable ones only, each with its canonical object.

        Raises:
            Unauthorized: The credentials were refused.
        """
        ...

    def describe(self, name: str) -> SourceObject:
        """Return an object with its fields as they are now.

        Raises:
            Permanent: The object does not exist or may not be read.
        """
        ...

    def safe_bound(self, name: str) -> datetime:
        """Return the server time up to which the source has surely shown every change of an object."""
        ...

    def plan(self, source: SourceObject, window: Window, after: Chunk | None = None) -> Iterator[Chunk]:
        """Yield the chunks of a window in a stable order, resuming behind `after`.

        Together they cover the window exactly, whatever is inserted meanwhile. Lazy: a window of
        40 million rows is planned while its first chunks are read. An empty window yields nothing.
        """
        ...

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Begin to read a chunk; rows come as Arrow batches of `source.schema`, in constant memory.

        Raises:
            Transient: Worth another try, also while batches are drawn.
            QuotaExhausted: The allowance is spent.
        """
        ...

    def usage(self) -> Usage:
        """Return what this connection has cost so far."""
        ...
