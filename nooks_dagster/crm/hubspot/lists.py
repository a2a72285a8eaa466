"""What is short enough to be read whole each time: owners and pipelines.

Belongs here: their fields, asking, their rows. Does not: records (`catalog`, `extracting`).

An owner who left is archived, and stays a row with a name: deals and calls of that time still name him. Neither kind
says when it changed, so nothing but reading all of it can tell.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.access.json_text import as_text
from nooks_dagster.crm.hubspot import paths
from nooks_dagster.crm.hubspot.bodies import next_of
from nooks_dagster.crm.hubspot.mapping import columns
from nooks_dagster.crm.hubspot.object_types import CUSTOM_OBJECTS, OWNERS, PIPELINES, USERS
from nooks_dagster.crm.hubspot.session import Reply, Session
from nooks_dagster.crm.model import Chunk, Extraction, FieldType, SourceField, SourceObject
from nooks_dagster.failures import Corrupt

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

PAGE_ROWS = 100
WHOLE = Chunk("whole", {})

Entry = Mapping[str, Any]

_OWNER = {
    "id": FieldType.TEXT,
    "createdAt": FieldType.TIMESTAMP,
    "updatedAt": FieldType.TIMESTAMP,
    "archived": FieldType.BOOLEAN,
    "isActive": FieldType.BOOLEAN,
    "name": FieldType.TEXT,
    "firstName": FieldType.TEXT,
    "lastName": FieldType.TEXT,
    "email": FieldType.TEXT,
    "type": FieldType.TEXT,
    "userId": FieldType.INTEGER,
    "userIdIncludingInactive": FieldType.INTEGER,
    "teams": FieldType.TEXT,
}
_PIPELINE = {
    "id": FieldType.TEXT,
    "createdAt": FieldType.TIMESTAMP,
    "updatedAt": FieldType.TIMESTAMP,
    "archived": FieldType.BOOLEAN,
    "label": FieldType.TEXT,
    "displayOrder": FieldType.INTEGER,
    "stages": FieldType.TEXT,
}


def list_object(name: str) -> SourceObject | None:
    """Return the object that a name stands for, None if it is a type of records."""
    if name == OWNERS:
        return _object(name, USERS, _OWNER, deleted=None)
    return _object(name, CUSTOM_OBJECTS, _PIPELINE, deleted="archived") if name in PIPELINES else None


class Lists:
    """The short lists of one portal.

    Args:
        session: The portal.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def ask(self, name: str) -> Reply:
        """Ask for the beginning of a list.

        Raises:
            NotReadable: The app may not read it.
        """
        if name in PIPELINES:
            return self._session.get(paths.pipelines(PIPELINES[name]), kind="list", about=name)
        return self._owners(archived=False, after="")

    def extract(self, source: SourceObject, ids: Sequence[str] = ()) -> Extraction:
        """Read a list, each page as one batch; of it no more than some ids, if they are named."""
        pages = self._pages(source.name)
        first = next(pages)
        batches = _batches(source, first, pages)
        return Extraction(first.began, _only(batches, source.key, ids) if ids else batches)

    def _pages(self, name: str) -> Iterator[Reply]:
        if name in PIPELINES:
            yield self.ask(name)
            return
        for archived in (False, True):
            after = ""
            while True:
                reply = self._owners(archived=archived, after=after)
                yield reply
                told = str(next_of(reply.json()) or "")
                if not told:
                    break
                if told == after:
                    raise Corrupt("The list of owners names the same page again.", subject=name)
                after = told

    def _owners(self, *, archived: bool, after: str) -> Reply:
        params = [("limit", str(PAGE_ROWS)), ("archived", "true" if archived else "false")]
        if after:
            params.append(("after", after))
        return self._session.get(paths.owners(), kind="list", about=OWNERS, params=params)


def _object(name: str, canonical: str, types: Mapping[str, FieldType], deleted: str | None) -> SourceObject:
    fields = tuple(SourceField(field, kind) for field, kind in types.items())
    described = SourceObject(name, canonical, fields, key="id", stamp="updatedAt", deleted=deleted, whole=True)
    return replace(described, columns=columns(described))


def _batches(source: SourceObject, first: Reply, others: Iterator[Reply]) -> Iterator[pa.RecordBatch]:
    for reply in chain([first], others):
        try:
            entries = [_PREPARE.get(source.name, dict)(entry) for entry in reply.json()["results"]]
            arrays = [_array([entry.get(f.name) for entry in entries], f.type) for f in source.fields]
        except (TypeError, AttributeError, LookupError, ValueError):  # pyarrow's errors are the first and the last
            raise Corrupt("The answer is no list of what was asked for.", subject=source.name) from None
        if entries:
            yield pa.RecordBatch.from_arrays(arrays, schema=source.schema)


def _only(batches: Iterator[pa.RecordBatch], key: str, ids: Sequence[str]) -> Iterator[pa.RecordBatch]:
    wanted = pa.array(ids)
    for batch in batches:
        yield batch.filter(pc.is_in(batch.column(key), value_set=wanted))


def _array(values: list[Any], kind: FieldType) -> pa.Array:
    if kind is FieldType.TEXT:
        values = [as_text(value) for value in values]
    if kind is FieldType.TIMESTAMP:
        return pa.array(values, pa.string()).cast(kind.arrow)
    return pa.array(values, kind.arrow)


def _owner(entry: Entry) -> Entry:
    names = [entry.get("firstName"), entry.get("lastName")]
    return {
        **entry,
        "isActive": not entry["archived"],
        "name": " ".join(name for name in names if name) or entry.get("email"),
    }


_PREPARE: Mapping[str, Callable[[Entry], Entry]] = {OWNERS: _owner}
