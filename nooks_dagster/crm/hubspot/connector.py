"""The Connector of HubSpot: what each question of the protocol asks of the portal.

Belongs here: one method per question. Does not: session, plans, pages, conversion (beside it).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from nooks_dagster.crm.hubspot.catalog import Catalog
from nooks_dagster.crm.hubspot.extracting import Extractor
from nooks_dagster.crm.hubspot.listing import Listing
from nooks_dagster.crm.hubspot.lists import WHOLE, Lists, list_object
from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.object_types import CUSTOM_OBJECTS, OWNERS, PIPELINES, USERS
from nooks_dagster.crm.hubspot.plans import Planner, Sizes
from nooks_dagster.crm.hubspot.ranges import Span
from nooks_dagster.crm.hubspot.searching import ID, Searching
from nooks_dagster.crm.hubspot.session import Session
from nooks_dagster.crm.model import Chunk, Extraction, Plan, SourceObject, Step, Usage, Window
from nooks_dagster.crm.rows.held import Held, NothingHeld
from nooks_dagster.failures import Permanent

# HubSpot gives no bound for how far its index lags. Windows overlap by ten minutes more; what takes longer to show
# waits for a refresh.
LAG = timedelta(minutes=5)


class HubSpotConnector:
    """One portal. See `nooks_dagster.crm.connector.Connector`.

    Args:
        session: The line to the portal.
        held: Which rows are here already.
        sizes: How large the parts of a window are.
        lag: How long a change may stay invisible.
    """

    def __init__(
        self,
        session: Session,
        held: Held = NothingHeld(),  # noqa: B008 - has no state
        sizes: Sizes = Sizes(),  # noqa: B008 - frozen
        lag: timedelta = LAG,
    ) -> None:
        self._session = session
        self._catalog = Catalog(session)
        self._lists = Lists(session)
        self._planner = Planner(session, held, sizes)
        self._extractor = Extractor(session, held, sizes.readers)
        self._lag = lag

    def objects(self) -> Mapping[str, str]:
        """Return canonical and custom objects, those that people wait for first, pipelines last."""
        types = self._catalog.types()
        lists = {OWNERS: USERS, **dict.fromkeys(PIPELINES, CUSTOM_OBJECTS)}
        return {**types, **{name: canonical for name, canonical in lists.items() if self._is_readable(name)}}

    @property
    def unscoped(self) -> Collection[str]:
        """The objects that the app lacks a scope for, as far as they were looked at."""
        return self._catalog.unscoped

    def describe(self, name: str) -> SourceObject:
        """Return an object with its fields as they are now; costs no call behind `safe_bound`."""
        return list_object(name) or self._catalog.describe(name)

    def safe_bound(self, name: str) -> datetime:
        """Return the server's clock less the lag."""
        asked = self._lists.ask(name) if list_object(name) else self._catalog.ask(name, keep=True)
        return asked.at - self._lag

    def plan(self, source: SourceObject, window: Window, resume: Mapping[str, str] | None = None) -> Plan:
        """Return id ranges of a history, the changed ids of anything younger, what was archived; or the whole list."""
        if list_object(source.name):
            return Plan(iter(() if resume else (Step((WHOLE,), {"whole": "planned"}),)))
        return self._planner.plan(source, window, resume)

    def extract(self, source: SourceObject, chunk: Chunk) -> Extraction:
        """Begin to read a chunk; its first answer says when that was."""
        if list_object(source.name):
            return self._lists.extract(source, chunk.ids)
        return self._extractor.extract(source, chunk)

    def deleted(self, source: SourceObject, window: Window) -> Sequence[str]:  # noqa: ARG002 - the protocol's
        """Return none: the recycle bin is a part of the plan, and what was erased is told nowhere."""
        return ()

    def count(self, source: SourceObject, low: str | None, high: str | None) -> int | None:
        """Return how many records of an id range the index has; of lists, which are read whole, it says nothing."""
        return None if list_object(source.name) else self._count(source.name, _span(low, high))

    def ids(self, source: SourceObject, low: str | None, high: str | None) -> Iterator[Sequence[str]]:
        """Yield the ids of an id range from the list, which does not lag."""
        for page in Listing(self._session, source.name, [ID]).pages(_span(low, high)):
            yield [str(number) for number in page.numbers.tolist()]

    def usage(self) -> Usage:
        """Return the calls of this connector's session."""
        return self._session.usage()

    def counts(self, names: Sequence[str]) -> Mapping[str, int]:
        """Return about how many rows types have, archived ones not counted; what cannot be searched is left out."""
        return {name: rows for name in names if (rows := self._count(name)) is not None}

    def _count(self, name: str, span: Span = Span()) -> int | None:  # noqa: B008 - frozen
        if list_object(name):
            return None
        try:
            return Searching(self._session, name).total(span)
        except Permanent:
            return None

    def _is_readable(self, name: str) -> bool:
        try:
            self._lists.ask(name)
        except NotReadable as refused:
            self._catalog.note(name, refused)
            return False
        return True


def _span(low: str | None, high: str | None) -> Span:
    return Span(int(low or 0), int(high) if high else None)
