"""The Connector of Salesforce: what each question of the protocol asks of the org.

Belongs here: one method per question. Does not: session, query text, plans, jobs, conversion (beside it).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from nooks_dagster.crm.model import Chunk, Extraction, Plan, SourceObject, Usage, Window
from nooks_dagster.crm.salesforce import pages
from nooks_dagster.crm.salesforce.by_ids import by_ids
from nooks_dagster.crm.salesforce.cursor import Cursor
from nooks_dagster.crm.salesforce.deletions import deleted_in
from nooks_dagster.crm.salesforce.describe import canonical_names, is_worth_keeping, source_object
from nooks_dagster.crm.salesforce.jobs import Jobs
from nooks_dagster.crm.salesforce.plans import Planner, Sizes
from nooks_dagster.crm.salesforce.questions import Questions
from nooks_dagster.crm.salesforce.rest_rows import batch
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.soql import conditions, field_groups, present, query_time
from nooks_dagster.crm.salesforce.wide import Wide
from nooks_dagster.failures import Corrupt

# Rows become visible minutes behind their stamp; getUpdated knows of long transactions, this covers the rest.
LAG = timedelta(minutes=5)
_LOOK_BACK = timedelta(minutes=2)  # getUpdated wants more than a minute between its bounds


class SalesforceConnector:
    """One org. See `nooks_dagster.crm.connector.Connector`.

    Args:
        session: The line to the org.
        sizes: How large the parts of a window are.
    """

    def __init__(self, session: Session, sizes: Sizes = Sizes()) -> None:  # noqa: B008 - frozen
        self._session = session
        self._questions = Questions(session)
        self._planner = Planner(self._questions, Jobs(session), sizes)
        self._replicateable: dict[str, bool] = {}

    @property
    def host(self) -> str:
        """The host that the org answers at."""
        return self._session.host

    def objects(self) -> Mapping[str, str]:
        """Return canonical, custom and other business objects, those that people wait for first."""
        entries = self._questions.answer("sobjects", "describe")["sobjects"]
        kept = [entry for entry in entries if is_worth_keeping(entry)]
        self._replicateable.update({entry["name"]: bool(entry.get("replicateable")) for entry in kept})
        return canonical_names([entry["name"] for entry in kept])

    def describe(self, name: str) -> SourceObject:
        """Return an object with its fields as they are now."""
        body = self._questions.answer(f"sobjects/{name}/describe", "describe", name)
        self._replicateable[name] = bool(body.get("replicateable"))
        return source_object(body)

    def safe_bound(self, name: str) -> datetime:
        """Return the earlier of what getUpdated covers and the server's clock less the lag."""
        if name not in self._replicateable:
            self.describe(name)
        if not self._replicateable[name]:
            return self._session.get("limits", kind="control", about=name).at - LAG
        now = self._session.clock()
        times = f"start={query_time(now - _LOOK_BACK)}&end={query_time(now)}"
        answer = self._session.get(f"sobjects/{name}/updated?{times}", kind="control", about=name)
        return min(_covered(answer.body, name), answer.at - LAG)

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None) -> Plan:
        """Return id ranges of a history, time slices of anything younger; large ones as pages of Bulk jobs."""
        return self._planner.plan(source, window, resume)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Begin to read a page of a Bulk job, or a section by queryAll in Id order, one batch a page."""
        if "page" in chunk.spec:
            return pages.extract(self._session, source, chunk)
        if chunk.ids:
            return by_ids(self._session, source, chunk.ids)
        groups = field_groups(source)
        where = conditions(chunk.spec, source.stamp)
        cursor = Cursor(self._session, source, groups[0], where)
        began = cursor.open().began
        extraction = Extraction(observed_at=began, batches=iter(()), expected_rows=cursor.total)
        wide = Wide(self._session, source, groups, where) if len(groups) > 1 else None
        extraction.batches = _batches(source, cursor, wide, extraction)
        return extraction

    def deleted(self, source: SourceObject, window: Window) -> Sequence[str]:
        """Return the ids that getDeleted tells, one call."""
        return deleted_in(self._questions, source, window)

    def count(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        """Return how many rows of an id range are not deleted."""
        return self._questions.present(source, low, high)

    def ids(self, source: SourceObject, low: str | None, high: str | None) -> Iterator[Sequence[str]]:
        """Yield the ids of the rows of an id range that are not deleted."""
        cursor = Cursor(self._session, source, [source.key], present(source, low, high))
        cursor.open()
        yield from ([row[source.key] for row in rows] for rows in cursor.pages())

    def usage(self) -> Usage:
        """Return the calls of this connector's session."""
        return self._session.usage()

    def counts(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return about how many rows objects have, deleted ones not counted; unknown ones are left out."""
        return self._questions.counts(names)


def _batches(
    source: SourceObject, cursor: Cursor, wide: Wide | None, extraction: Extraction
) -> Iterator[pa.RecordBatch]:
    vanished = 0
    for rows in cursor.pages():
        whole = wide.complete(rows) if wide else rows
        vanished += len(rows) - len(whole)
        extraction.expected_rows = cursor.total - vanished
        if whole:
            yield batch(source, whole)


def _covered(body: Any, name: str) -> datetime:
    try:
        return datetime.fromisoformat(body["latestDateCovered"])
    except (TypeError, LookupError, ValueError):
        raise Corrupt("The answer of getUpdated has no latestDateCovered.", subject=name) from None
