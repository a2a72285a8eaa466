"""The Connector of Salesforce: what each question of the protocol asks of the org.

Belongs here: one method per question. Does not: session, query text, arithmetic, conversion (beside it).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from nooks_dagster.crm.model import Chunk, Extraction, SourceObject, Usage, Window
from nooks_dagster.crm.salesforce import planning
from nooks_dagster.crm.salesforce.cursor import Cursor
from nooks_dagster.crm.salesforce.describe import canonical_names, is_worth_keeping, source_object
from nooks_dagster.crm.salesforce.rest_rows import batch
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.soql import conditions, encoded, field_groups, moment, select
from nooks_dagster.crm.salesforce.wide import Wide
from nooks_dagster.failures import Corrupt

# Rows become visible minutes behind their stamp; getUpdated knows of long transactions, this covers the rest.
LAG = timedelta(minutes=5)
_LOOK_BACK = timedelta(minutes=2)  # getUpdated wants more than a minute between its bounds


class SalesforceConnector:
    """One org. See `nooks_dagster.crm.connector.Connector`.

    Args:
        session: The line to the org.
        chunk_rows: Rows of a chunk, about.
        lag: How long a change may stay invisible where the source does not say.
    """

    def __init__(self, session: Session, chunk_rows: int = planning.CHUNK_ROWS, lag: timedelta = LAG) -> None:
        self._session = session
        self._chunk_rows = chunk_rows
        self._lag = lag
        self._replicateable: dict[str, bool] = {}

    @property
    def host(self) -> str:
        """The host that the org answers at."""
        return self._session.host

    def objects(self) -> Mapping[str, str]:
        """Return canonical, custom and other business objects, those that people wait for first."""
        entries = self._answer("sobjects", "describe")["sobjects"]
        kept = [entry for entry in entries if is_worth_keeping(entry)]
        self._replicateable.update({entry["name"]: bool(entry.get("replicateable")) for entry in kept})
        return canonical_names([entry["name"] for entry in kept])

    def describe(self, name: str) -> SourceObject:
        """Return an object with its fields as they are now."""
        body = self._answer(f"sobjects/{name}/describe", "describe", name)
        self._replicateable[name] = bool(body.get("replicateable"))
        return source_object(body)

    def safe_bound(self, name: str) -> datetime:
        """Return the earlier of what getUpdated covers and the server's clock less the lag."""
        if name not in self._replicateable:
            self.describe(name)
        if not self._replicateable[name]:
            return self._session.get("limits", kind="control", about=name).at - self._lag
        now = self._session.clock()
        times = f"start={_query_time(now - _LOOK_BACK)}&end={_query_time(now)}"
        answer = self._session.get(f"sobjects/{name}/updated?{times}", kind="control", about=name)
        return min(_covered(answer.body, name), answer.at - self._lag)

    def plan(self, source: SourceObject, window: Window, after: Chunk | None = None) -> Iterator[Chunk]:
        """Yield id ranges for a history, time slices for anything younger."""
        if window.since is not None:
            yield from self._slices(source, window.since, window.until, after)
        elif after is not None:
            yield from planning.ranges_after(after, self._edge(source, "DESC") or after.spec.get("high", ""))
        elif smallest := self._edge(source, "ASC"):
            largest = self._edge(source, "DESC") or smallest
            count = planning.parts(self._about_how_many(source), self._chunk_rows)
            step = planning.id_step(smallest, largest, count)
            yield from planning.first_ranges(smallest, largest, step)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Begin to read a chunk by queryAll in Id order, one batch a page."""
        groups = field_groups(source)
        where = conditions(chunk.spec, source.stamp)
        cursor = Cursor(self._session, source, groups[0], where)
        began = cursor.open().began
        extraction = Extraction(observed_at=began, batches=iter(()), expected_rows=cursor.total)
        wide = Wide(self._session, source, groups, where) if len(groups) > 1 else None
        extraction.batches = _batches(source, cursor, wide, extraction)
        return extraction

    def usage(self) -> Usage:
        """Return the calls of this connector's session."""
        return self._session.usage()

    def counts(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return about how many rows objects have, deleted ones not counted; unknown ones are left out."""
        answer = self._answer(f"limits/recordCount?sObjects={encoded(','.join(names))}", "control")
        return {entry["name"]: int(entry["count"]) for entry in answer.get("sObjects", [])}

    def _slices(self, source: SourceObject, since: datetime, until: datetime, after: Chunk | None) -> Iterator[Chunk]:
        start = datetime.fromisoformat(after.spec["until"]) if after else since
        if start >= until:
            return
        where = conditions({"since": moment(start), "until": moment(until)}, source.stamp)
        rows = self._count(source, where)
        number = int(after.key) + 1 if after else 0
        if rows:
            yield from planning.time_slices(start, until, planning.parts(rows, self._chunk_rows), number)

    def _about_how_many(self, source: SourceObject) -> int:
        known = self.counts([source.name])
        return known[source.name] if source.name in known else self._count(source, [])

    def _count(self, source: SourceObject, where: Sequence[str]) -> int:
        query = select(["COUNT()"], source.name, where)
        return int(self._answer(f"queryAll?q={encoded(query)}", "control", source.name)["totalSize"])

    def _edge(self, source: SourceObject, order: str) -> str | None:
        query = select([source.key], source.name, tail=f"ORDER BY {source.key} {order} LIMIT 1")
        rows = self._answer(f"queryAll?q={encoded(query)}", "control", source.name)["records"]
        return rows[0][source.key] if rows else None

    def _answer(self, path: str, kind: str, about: str = "") -> Mapping[str, Any]:
        body = self._session.get(path, kind=kind, about=about).body
        if not isinstance(body, dict):
            raise Corrupt("The answer is JSON of another form than asked for.", subject=about)
        return body


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


def _query_time(time: datetime) -> str:
    return encoded(time.strftime("%Y-%m-%dT%H:%M:%S+00:00"))
