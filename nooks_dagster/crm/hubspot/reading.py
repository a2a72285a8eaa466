"""Records read by their ids, with as many properties as one likes: 100 a call.

Belongs here: asking, and which missing ids are accounted for. Does not: where ids come from, rows (`rows`).

An id that is missing was archived, merged or erased meanwhile, and HubSpot names it, or sends the record that it went
into. Where it does neither, as for a record that was merged twice, each is asked for alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.meanings import NotReadable
from nooks_dagster.crm.hubspot.pages import Page, Pages
from nooks_dagster.crm.hubspot.rows import merged_ids
from nooks_dagster.crm.hubspot.session import Reply, Session
from nooks_dagster.failures import Corrupt

MOST_INPUTS = 100  # HubSpot's most
FEW = 5  # records without a word; where there are more, the answer itself is not whole


class Reading:
    """Reads records of one type.

    Args:
        session: The portal.
        name: The type.
        properties: What the records are read with.
        archived: Those in the recycle bin instead of the others.
    """

    def __init__(self, session: Session, name: str, properties: Sequence[str], *, archived: bool = False) -> None:
        self._session = session
        self._name = name
        self._params = [("archived", "true")] if archived else []
        self._properties = list(properties)
        self._pages = Pages(properties, name)

    def pages(self, ids: Sequence[str]) -> Iterator[Page]:
        """Yield these records, as many as one call brings at a time, ids ascending within a page.

        Raises:
            Corrupt: One is missing without being named.
            Failure: What the portal answered.
        """
        for at in range(0, len(ids), MOST_INPUTS):
            yield self._read(ids[at : at + MOST_INPUTS])

    def whole(self, pages: Iterator[Page]) -> Iterator[Page]:
        """Yield the records of pages that hold nothing but ids."""
        for page in pages:
            yield from self.pages(page.records.column("id").to_pylist()) if len(page.numbers) else [page]

    def _read(self, ids: Sequence[str]) -> Page:
        body = {"inputs": [{"id": record} for record in ids], "properties": self._properties}
        body["propertiesWithHistory"] = []  # the published shape of the request requires it
        path = paths.batch_read(self._name)
        reply = self._session.post(path, body, kind="read", about=self._name, params=self._params)
        page = self._pages.read(reply)
        missing = {int(record) for record in ids} - set(page.numbers.tolist())
        if missing and (unnamed := missing - self._accounted(reply, page)) and not self._are_gone(unnamed):
            raise Corrupt(f"{len(unnamed)} of {len(ids)} records are missing without a word.", subject=self._name)
        return page.only(np.argsort(page.numbers))

    def _are_gone(self, unnamed: set[int]) -> bool:
        """Say whether a few records are not there, or are others by now, when each is asked for alone."""
        return len(unnamed) <= FEW and all(map(self._is_gone, unnamed))

    def _is_gone(self, record: int) -> bool:
        path = paths.record(self._name, str(record))
        try:
            body = self._session.get(path, kind="read", about=self._name, params=self._params).json()
            return str(body["id"]) != str(record)
        except NotReadable:
            return True
        except (TypeError, LookupError):
            raise Corrupt("The answer is no record.", subject=self._name) from None

    def _accounted(self, reply: Reply, page: Page) -> set[int]:
        """Return the ids that the answer says are not there, and those that lead to one of its records."""
        try:
            errors: list[dict[str, Any]] = reply.json().get("errors") or []
            named = [record for error in errors for record in (error.get("context") or {}).get("ids") or ()]
            merged = [old for text in merged_ids(page.records).to_pylist() for old in (text or "").split(";") if old]
            return {int(record) for record in (*named, *merged)}
        except (TypeError, AttributeError, ValueError):
            raise Corrupt("The answer does not say which records are missing.", subject=self._name) from None
