"""The one protocol that a CRM implements; a third CRM is one new folder beside `salesforce/`.

Belongs here: the contract and nothing else. Errors cross it only as `nooks_dagster.failures`.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from nooks_dagster.crm.model import Chunk, Extraction, Plan, SourceObject, Usage, Window


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

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None) -> Plan:
        """Return how a window is cut into chunks, in a stable order; goes on behind the step that said `resume`.

        Together they cover the window exactly, whatever is inserted meanwhile. Lazy: a window of
        40 million rows is planned while its first chunks are read. An empty window has no chunks.

        Raises:
            StalePlan: What earlier steps rest on is gone at the source; also while steps are drawn.
        """
        ...

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Begin to read a chunk; rows come as Arrow batches of `source.schema`, in constant memory.

        A chunk with ids, at most 2,000, is read by them: what is in the recycle bin or was merged comes so, marked.

        Raises:
            Transient: Worth another try, also while batches are drawn.
            StalePlan: What the chunk was cut from is gone at the source.
            QuotaExhausted: The allowance is spent.
        """
        ...

    def deleted(self, source: SourceObject, window: Window) -> Sequence[str]:
        """Return the ids that the source says were deleted in a window, in whatever way; none if it keeps no account.

        Asked when the window is merged: those that are still alive here are then read by their ids.
        """
        ...

    def count(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        """Return how many rows exist whose ids lie in [low, high), deleted ones not; None if the source cannot say."""
        ...

    def ids(self, source: SourceObject, low: str | None, high: str | None) -> Iterator[Sequence[str]]:
        """Yield the ids of those rows, a page at a time, ascending."""
        ...

    def usage(self) -> Usage:
        """Return what this connection has cost so far."""
        ...
