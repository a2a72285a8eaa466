"""What the search API is asked: how many, where a range ends, which ids changed. Never for values: its index lags.

Belongs here: the bodies of searches. Does not: what is read of it (`plans`, `reading`).

Pages go by `hs_object_id > last`, never by `after`, except to find a border: a place in a list of changing records
shifts, and after 10,000 of them there is none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.object_types import stamp_property
from nooks_dagster.crm.hubspot.ranges import Span
from nooks_dagster.crm.hubspot.rows import MERGED
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.failures import Corrupt

ID = "hs_object_id"
PAGE_ROWS = 200  # HubSpot's most
VAIN_ANSWERS = 5  # in a row
MOST_PLACES = 10_000  # of a search; what lies behind them is not shown
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

Filter = dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """The records of an answer as (id, stamp), ids ascending, how many match in all, and into which others went."""

    pairs: Sequence[tuple[int, datetime]]
    total: int
    winners: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    """The id at a place of a list, None beyond its end, and how many the list has."""

    id: int | None
    total: int


class Searching:
    """Searches of one type.

    Args:
        session: The portal.
        name: The type.
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._stamp = stamp_property(name)

    def total(self, span: Span = Span()) -> int:  # noqa: B008 - frozen
        """Return how many records the index has, of all or of a span of ids."""
        borders = [_compare(ID, "GTE", span.low)] if span.low else []
        borders += [] if span.high is None else [_compare(ID, "LT", span.high)]
        return self._total(self._post(self._question(borders, limit=1)))

    def at(self, place: int, low: int = 0, *, descending: bool = False) -> Place:
        """Return the id at a place, counted from 0, of those that are `low` or larger."""
        filters = [_compare(ID, "GTE", low)] if low > 0 else []
        found = self._shown(self._question(filters, limit=1, descending=descending, after=place), place)
        return Place(found.pairs[0][0] if found.pairs else None, found.total)

    def changed(self, since: datetime, until: datetime, last: int) -> Found:
        """Return the first records behind an id whose stamp lies in [since, until).

        Raises:
            Corrupt: The answer is not in order, or shows nothing of what it counts.
        """
        filters = [
            _compare(self._stamp, "GTE", _milliseconds(since)),
            _compare(self._stamp, "LT", _milliseconds(until)),
            _compare(ID, "GT", last),
        ]
        found = self._shown(self._question(filters, limit=PAGE_ROWS))
        if any(one >= other for one, other in pairwise([last, *(record for record, _ in found.pairs)])):
            raise self._nonsense()
        return found

    def _question(self, filters: list[Filter], limit: int, *, descending: bool = False, after: int = 0) -> Any:
        return {
            "filterGroups": [{"filters": filters}] if filters else [],
            "sorts": [{"propertyName": ID, "direction": "DESCENDING" if descending else "ASCENDING"}],
            "properties": [self._stamp, MERGED],
            "limit": limit,
            **({"after": str(after)} if after else {}),
        }

    def _shown(self, question: Any, place: int = 0) -> Found:
        """Return an answer that shows records if it says that there are some at that place."""
        vain = 0
        while True:
            body = self._post(question)
            found = Found(self._pairs(body), self._total(body), self._winners(body))
            if found.pairs or found.total <= place:
                return found
            vain += 1
            if vain == VAIN_ANSWERS:
                raise Corrupt(f"The search counts {found.total} records and shows none.", subject=self._name)

    def _post(self, question: Any) -> Any:
        path = paths.search(self._name)
        return self._session.post(path, question, kind="search", about=self._name, family="search").json()

    def _pairs(self, body: Any) -> list[tuple[int, datetime]]:
        try:
            return [(int(record["id"]), self._stamp_of(record)) for record in body["results"]]
        except (TypeError, LookupError, ValueError):
            raise self._nonsense() from None

    def _winners(self, body: Any) -> frozenset[int]:
        return frozenset(int(record["id"]) for record in body["results"] if record["properties"].get(MERGED))

    def _stamp_of(self, record: Any) -> datetime:
        return datetime.fromisoformat(record["properties"].get(self._stamp) or record["updatedAt"])

    def _total(self, body: Any) -> int:
        try:
            return int(body["total"])
        except (TypeError, LookupError, ValueError):
            raise self._nonsense() from None

    def _nonsense(self) -> Corrupt:
        return Corrupt("The answer of the search makes no sense.", subject=self._name)


def _compare(name: str, operator: str, value: int) -> Filter:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
