"""A portal as alterations leave it: without a type, with other properties.

Belongs here: one wrapper for any portal. Pages, searches, properties and truth follow, since all of them ask it.
Does not: which alterations there are (`alterations`), what becomes of values (`altered_values`).
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

from sandbox.hubspot.alterations import Alteration, Hide, PropertyChange, PropertyRule, Restrict, Vanish
from sandbox.hubspot.altered_values import changed, properties_after, ruled
from sandbox.hubspot.checks import checked
from sandbox.hubspot.http.errors import missing_scope
from sandbox.hubspot.model import Change, Found, ObjectType, Page, Record, Search
from sandbox.hubspot.portal import Portal


def altered(portal: Portal, alterations: Sequence[Alteration]) -> Portal:
    """Return the portal after alterations; the same one if there are none."""
    # What is not changed by any alteration is passed on by name, which no type checker can follow.
    return cast("Portal", _Altered(portal, alterations)) if alterations else portal


class _Altered:
    def __init__(self, portal: Portal, alterations: Sequence[Alteration]) -> None:
        self._portal = portal
        self._hidden = {item.object for item in alterations if isinstance(item, Hide)}
        self._changes = [item for item in alterations if isinstance(item, PropertyChange)]
        self._rules = [item for item in alterations if isinstance(item, PropertyRule)]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._portal, name)

    def types(self) -> Sequence[ObjectType]:
        return [self._after(kind) for kind in self._portal.types() if kind.name not in self._hidden]

    def type(self, name: str) -> ObjectType:
        kind = self._portal.type(name)
        if kind.name in self._hidden:
            raise missing_scope(f"crm.objects.{kind.name}.read")
        return self._after(kind)

    def page(self, kind: ObjectType, after: int, limit: int, names: Sequence[str], *, archived: bool) -> Page:
        page = self._portal.page(kind, after, limit, self._asked(kind, names), archived=archived)
        return self._page(kind, page, names)

    def read(self, kind: ObjectType, ids: Sequence[int], names: Sequence[str], *, archived: bool) -> Page:
        page = self._portal.read(kind, ids, self._asked(kind, names), archived=archived)
        return self._page(kind, page, names)

    def search(self, kind: ObjectType, search: Search, offset: int, limit: int, names: Sequence[str]) -> Found:
        found = self._portal.search(kind, search, offset, limit, self._asked(kind, names))
        return replace(found, page=self._page(kind, found.page, names))

    def get(self, kind: ObjectType, record_id: int) -> Record | None:
        found = self._portal.get(kind, record_id)
        return found and self._record(kind, found)

    def truth(self, kind: ObjectType) -> Iterator[Record]:
        return (self._record(kind, record) for record in self._portal.truth(kind))

    def write(self, kind: ObjectType, changes: Sequence[Change]) -> Sequence[int]:
        restricted = {rule.property for rule in self._rules if isinstance(rule, Restrict) and rule.object == kind.name}
        for change in changes:
            checked(
                self.type(kind.name), {name: text for name, text in change.properties.items() if name in restricted}
            )
        return self._portal.write(kind, changes)

    def _after(self, kind: ObjectType) -> ObjectType:
        after = replace(kind, properties=properties_after(kind.properties, self._of(kind)))
        return ruled(after, [rule for rule in self._rules if rule.object == kind.name])

    def _of(self, kind: ObjectType) -> list[PropertyChange]:
        return [change for change in self._changes if change.object == kind.name]

    def _asked(self, kind: ObjectType, names: Sequence[str]) -> list[str]:
        gone = {change.property for change in self._of(kind) if isinstance(change, Vanish)}
        return [name for name in names if name not in gone]

    def _page(self, kind: ObjectType, page: Page, names: Sequence[str]) -> Page:
        changes = [change for change in self._of(kind) if change.property in names]
        if not changes:
            return page
        texts = [_text(text, record, changes) for text, record in zip(page.texts, page.ids, strict=True)]
        return replace(page, texts=texts)

    def _record(self, kind: ObjectType, record: Record) -> Record:
        values = changed(record.properties, record.id, self._of(kind))
        return replace(record, properties={name: value for name, value in values.items() if value is not None})


def _text(text: bytes, record: int, changes: Sequence[PropertyChange]) -> bytes:
    document = json.loads(text)
    document["properties"] = changed(document["properties"], record, changes)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
