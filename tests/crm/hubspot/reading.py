"""Reading a portal through the connector as a sync does."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.hubspot.connector import HubSpotConnector
from nooks_dagster.crm.hubspot.plans import Sizes
from nooks_dagster.crm.model import Chunk, SourceObject, Window
from tests.crm.hubspot.memory_portal import START, MemoryPortal

Row = dict[str, Any]


def at(minute: float) -> datetime:
    """Return a moment behind the portal's first."""
    return START + timedelta(minutes=minute)


class HeldStamps:
    """Has rows with the stamps that a test says, and a recycle bin."""

    def __init__(self, stamps: Mapping[str, datetime], bin_: Collection[str] = ()) -> None:
        self._stamps = stamps
        self._bin = bin_

    def deleted(self, source: SourceObject, ids: Sequence[str]) -> Collection[str]:
        return {record for record in ids if record in self._bin}

    def lately_deleted(self, source: SourceObject, most: int) -> int:
        return min(most, len(self._bin))

    def stamps(self, source: SourceObject, ids: Sequence[str]) -> Mapping[str, datetime]:
        return {record: self._stamps[record] for record in ids if record in self._stamps}


def connected(
    portal: MemoryPortal, held: Mapping[str, datetime] | None = None, bin_: Collection[str] = (), **sizes: int
) -> HubSpotConnector:
    """Return a connector of a portal in memory."""
    return HubSpotConnector(portal.session(), HeldStamps(held or {}, bin_), Sizes(**sizes))


def planned(
    connector: Connector, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None
) -> list[Chunk]:
    """Return the chunks of a window, or those that are still to come."""
    return [chunk for step in connector.plan(source, window, resume).steps for chunk in step.chunks]


def drain(connector: Connector, source: SourceObject, chunks: Sequence[Chunk]) -> list[Row]:
    """Return the rows of chunks."""
    rows: list[Row] = []
    for chunk in chunks:
        for batch in connector.extract(source, chunk).batches:
            batch.validate(full=True)
            assert batch.schema == source.schema
            rows += batch.to_pylist()
    return rows


def history(connector: Connector, name: str) -> list[Row]:
    """Return every row of an object."""
    source = connector.describe(name)
    return drain(connector, source, planned(connector, source, Window(None, at(100))))


def changes(connector: Connector, name: str, since: float, until: float) -> list[Row]:
    """Return what a window of minutes brings."""
    source = connector.describe(name)
    return drain(connector, source, planned(connector, source, Window(at(since), at(until))))
