"""What is asked of an org before it is read: how many rows, which ids, up to when.

Belongs here: control calls, one question each. Does not: what follows from the answers (`plans`, `connector`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nooks_dagster.crm.model import SourceObject, Window
from nooks_dagster.crm.salesforce.session import Session
from nooks_dagster.crm.salesforce.soql import conditions, encoded, moment, present, query_time, select
from nooks_dagster.failures import Corrupt, Permanent


class Questions:
    """Questions to one org."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def answer(self, path: str, kind: str, about: str = "") -> Mapping[str, Any]:
        """Return the JSON object at a path.

        Raises:
            Corrupt: It is JSON of another form.
        """
        body = self._session.get(path, kind=kind, about=about).body
        if not isinstance(body, dict):
            raise Corrupt("The answer is JSON of another form than asked for.", subject=about)
        return body

    def clock(self) -> datetime:
        """Return the org's time."""
        return self._session.clock()

    def rows(self, source: SourceObject, window: Window) -> int:
        """Return how many rows a window holds: of a history about, of a time window exactly."""
        if window.since is not None:
            return self.count(source, {"since": moment(window.since), "until": moment(window.until)})
        known = self.counts([source.name])
        return known[source.name] if source.name in known else self.count(source, {})

    def count(self, source: SourceObject, spec: Mapping[str, str]) -> int:
        """Return how many rows lie within borders, deleted ones included."""
        return self._total(source, conditions(spec, source.stamp))

    def present(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        """Return how many rows of an id range are not deleted; None of an object that cannot be counted."""
        try:
            return self._total(source, present(source, low, high))
        except Permanent:
            return None

    def counts(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return about how many rows objects have, deleted ones not counted; unknown ones are left out."""
        answer = self.answer(f"limits/recordCount?sObjects={encoded(','.join(names))}", "control")
        return {entry["name"]: int(entry["count"]) for entry in answer.get("sObjects", [])}

    def deleted(self, name: str, since: datetime, until: datetime) -> Sequence[str]:
        """Return the ids of the rows that were deleted between two moments, in whole minutes, of the last 30 days.

        Raises:
            Corrupt: The answer is no list of them.
        """
        times = f"start={query_time(since)}&end={query_time(until)}"
        answer = self.answer(f"sobjects/{name}/deleted?{times}", "control", name)
        try:
            return [str(record["id"]) for record in answer["deletedRecords"]]
        except (TypeError, LookupError):
            raise Corrupt("The answer of getDeleted lists no records.", subject=name) from None

    def edge(self, source: SourceObject, order: str) -> str | None:
        """Return the smallest ("ASC") or largest ("DESC") id of an object, or None if it has no rows."""
        query = select([source.key], source.name, tail=f"ORDER BY {source.key} {order} LIMIT 1")
        rows = self.answer(f"queryAll?q={encoded(query)}", "control", source.name)["records"]
        return rows[0][source.key] if rows else None

    def _total(self, source: SourceObject, where: Sequence[str]) -> int:
        query = select(["COUNT()"], source.name, where)
        return int(self.answer(f"queryAll?q={encoded(query)}", "control", source.name)["totalSize"])
