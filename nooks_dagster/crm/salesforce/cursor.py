"""The pages of one query in Id order, which outlive their cursor.

Belongs here: paging by locator, and going on behind the last id when it is lost, fails or repeats itself.
Does not: what is asked (`soql`), objects too wide for one query (`wide`), Arrow (`rest_rows`).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nooks_dagster.crm.access.tries import TRIES
from nooks_dagster.crm.model import SourceObject
from nooks_dagster.crm.salesforce.session import Reply, Session
from nooks_dagster.crm.salesforce.soql import encoded, record_id, select
from nooks_dagster.failures import Corrupt, QuotaExhausted, RateLimited, Transient

Row = dict[str, Any]

# A page's budget of five: three by its locator, two by a query of its own behind the last id.
LOCATOR_TRIES = 3


class Cursor:
    """One query over an object, deleted rows included.

    Args:
        session: The org.
        source: The object.
        fields: The fields to read, the key among them.
        where: Conditions, joined by AND.
    """

    def __init__(self, session: Session, source: SourceObject, fields: Sequence[str], where: Sequence[str]) -> None:
        self._session = session
        self._source = source
        self._fields = fields
        self._where = list(where)
        self._page: Mapping[str, Any] = {}
        self._received = 0
        self._last_rows: dict[str, Row] = {}  # those of the page before, by their ids
        self.total = 0
        """Rows that the source promised, as far as it has been asked."""

    def open(self, tries: int = TRIES) -> Reply:
        """Ask for the first page, or for the first one behind the last id that arrived."""
        where = self._where
        if self._last_rows:
            where = [*where, f"{self._source.key} > {record_id(next(reversed(self._last_rows)))}"]
        query = select(self._fields, self._source.name, where, f"ORDER BY {self._source.key}")
        path = f"queryAll?q={encoded(query)}"
        reply = self._session.get(path, kind="query", about=self._source.name, tries=tries)
        self._page = self._checked(reply.body)
        if self._repeats(self._page):
            raise self._nonsense()
        self.total = self._received + int(self._page["totalSize"])
        return reply

    def pages(self) -> Iterator[list[Row]]:
        """Yield the rows of each page, the opened one first."""
        while True:
            if rows := self._new(self._page["records"]):
                self._received += len(rows)
                self._last_rows = rows
                yield list(rows.values())
            if self._page["done"]:
                return
            self._turn(self._page["nextRecordsUrl"])

    def _new(self, rows: Sequence[Row]) -> dict[str, Row]:
        """Return the rows that have not come yet: one that comes twice would be counted twice."""
        key = self._source.key
        return {row[key]: row for row in rows if row[key] not in self._last_rows}

    def _turn(self, locator: str) -> None:
        page = self._next(locator)
        if page is None:
            self.open(TRIES - LOCATOR_TRIES)
        elif self._repeats(page):
            self.open()
        else:
            self._page = page

    def _next(self, locator: str) -> Mapping[str, Any] | None:
        """Return the next page, or None when its cursor is gone or keeps failing."""
        try:
            reply = self._session.get(locator, kind="query", about=self._source.name, tries=LOCATOR_TRIES)
        except (RateLimited, QuotaExhausted):
            raise
        except Transient:
            return None
        return self._checked(reply.body)

    def _repeats(self, page: Mapping[str, Any]) -> bool:
        """Say whether a page brings nothing new: rows of the last one, or none though more are promised."""
        rows = page["records"]
        return rows[0][self._source.key] in self._last_rows if rows else not page["done"]

    def _checked(self, body: Any) -> Mapping[str, Any]:
        try:
            if isinstance(body["records"], list) and (body["done"] or body["nextRecordsUrl"]):
                return {**body, "totalSize": int(body["totalSize"])}
        except (TypeError, LookupError, ValueError):
            pass
        raise self._nonsense()

    def _nonsense(self) -> Corrupt:
        return Corrupt("The answer to a query is not a page of rows.", subject=self._source.name)
