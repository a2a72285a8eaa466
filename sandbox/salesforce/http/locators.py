"""Query locators: where the next page of a result begins, for two days, also after a restart.

Belongs here: their ids, their life, what they remember. Does not: running the query (`query`).
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.http.store import Store
from sandbox.salesforce.ids import DIGITS, to18

_LIFE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Cursor:
    """A result that is being paged through; `total` is in rows, `moment` as of when it is."""

    locator: str
    soql: str
    include_deleted: bool
    page_size: int
    total: int
    moment: int


class Locators:
    """The open cursors of all orgs, durable."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def open(self, org: str, cursor: Cursor, now: datetime) -> None:
        """Remember a cursor under the locator that `new_locator` gave it, and forget expired ones."""
        expired = "SELECT id FROM locators WHERE org = ? AND expires < ?"
        self._store.run(f"DELETE FROM positions WHERE locator IN ({expired})", org, now.timestamp())  # noqa: S608
        self._store.run(f"DELETE FROM moments WHERE id IN ({expired})", org, now.timestamp())  # noqa: S608
        self._store.run("DELETE FROM locators WHERE org = ? AND expires < ?", org, now.timestamp())
        self._store.run("INSERT INTO moments VALUES (?, ?)", cursor.locator, cursor.moment)
        self._store.run(
            "INSERT INTO locators VALUES (?, ?, ?, ?, ?, ?, ?)",
            cursor.locator,
            org,
            cursor.soql,
            cursor.include_deleted,
            cursor.page_size,
            cursor.total,
            (now + _LIFE).timestamp(),
        )

    def remember(self, locator: str, start: int, position: str) -> None:
        """Remember at which position of the org's query the page beginning with row `start` starts."""
        self._store.run("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", locator, start, position)

    def find(self, org: str, locator: str, start: int, now: datetime) -> tuple[Cursor, str]:
        """Return the cursor and the position of the page beginning with row `start`.

        Raises:
            ApiError: INVALID_QUERY_LOCATOR when it was never given out, is another org's or has expired.
        """
        rows = self._store.run(
            "SELECT id, soql, include_deleted, page_size, total, moment, position FROM locators"
            " JOIN moments USING (id) JOIN positions ON locator = id"
            " WHERE id = ? AND page_start = ? AND org = ? AND expires >= ?",
            locator,
            start,
            org,
            now.timestamp(),
        )
        if not rows:
            raise bad_locator()
        found, soql, include_deleted, page_size, total, moment, position = rows[0]
        return Cursor(found, soql, bool(include_deleted), page_size, total, moment), position

    def soql(self, locator: str) -> str:
        """Return the query behind a locator; empty when there is none."""
        rows = self._store.run("SELECT soql FROM locators WHERE id = ?", locator)
        return str(rows[0][0]) if rows else ""


def bad_locator() -> ApiError:
    """Return the refusal of a locator that leads nowhere, or no longer."""
    return ApiError(400, "INVALID_QUERY_LOCATOR", "invalid query locator")


def new_locator() -> str:
    """Return an 18-character locator with Salesforce's key prefix for cursors."""
    return to18("0r8" + "".join(secrets.choice(DIGITS) for _ in range(12)))
