"""Reading an org through the connector as a sync does, and what must come of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from nooks_dagster.crm.access.throttle import Unthrottled
from nooks_dagster.crm.connector import Connector
from nooks_dagster.crm.model import Chunk, FieldType, SourceObject, Step, Window
from nooks_dagster.crm.salesforce.connector import SalesforceConnector
from nooks_dagster.crm.salesforce.credentials import Credentials
from nooks_dagster.crm.salesforce.plans import Sizes
from nooks_dagster.crm.salesforce.session import Session
from tests.crm.salesforce.world import SECRET

# What JSON says of each type, as Arrow gives it back.
READ: Mapping[FieldType, Callable[[Any], Any]] = {
    FieldType.DATE: date.fromisoformat,
    FieldType.TIMESTAMP: datetime.fromisoformat,
    FieldType.NUMBER: float,
}


def open_org(secret: Mapping[str, str] = SECRET, sizes: Sizes | None = None) -> SalesforceConnector:
    """Return a connector that waits for nothing between tries."""
    session = Session(Credentials.read(secret), "acme-salesforce", Unthrottled(), sleep=lambda _: None)
    return SalesforceConnector(session, sizes or Sizes(chunk=100))


def chunks_of(steps: Sequence[Step]) -> list[Chunk]:
    """Return the chunks of some steps of a plan."""
    return [chunk for step in steps for chunk in step.chunks]


def planned(
    connector: Connector, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None
) -> list[Chunk]:
    """Return the chunks of a window, or those that are still to come."""
    return chunks_of(list(connector.plan(source, window, resume).steps))


def drain(connector: Connector, source: SourceObject, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
    """Return the rows of chunks, each of which brings as many as it says."""
    rows = []
    for chunk in chunks:
        extraction = connector.extract(source, chunk)
        arrived = [row for batch in extraction.batches for row in batch.to_pylist()]
        assert len(arrived) == extraction.expected_rows
        rows += arrived
    return rows


def expected(source: SourceObject, truth: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of the truth as Arrow gives them back."""
    return [
        {
            field.name: None if row[field.name] is None else READ.get(field.type, lambda value: value)(row[field.name])
            for field in source.fields
        }
        for row in truth
    ]
