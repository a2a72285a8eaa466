"""An answer in whatever strict schema: findings where there is room for them, by the names of properties.

Belongs here: values for properties, choosing among variants, null where nothing is known.
Does not: which facts there are (`evidence`), whether a schema is allowed (`sandbox.openai.http.strict`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.openai.reader.evidence import Evidence, Finding
from sandbox.openai.reader.matching import field_of, is_evidence
from sandbox.openai.reader.values import fitted, null, resolved, variants

Find = Callable[[str, Mapping[str, Any]], Sequence[Finding]]
"""Findings for a list of a name, whose items have this schema."""

_STATUS = re.compile(r"status|outcome|result|found|answered")
_CERTAINTY = re.compile(r"confidence|certainty|probability|score")
_DAY = re.compile(r"(event_?)?date|as_of|(happened|occurred|observed)_(on|at)")
_VERBATIM = re.compile(r"word for word|verbatim|exact words|sentence of the page", re.IGNORECASE)
"""A description that asks for the page's own words."""
_REMARK = re.compile(r"reason|explanation|notes?|comment|summary")


@dataclass(slots=True)
class Filler:
    """Fills one schema.

    Args:
        root: The schema.
        find: Finds.
        context: What the prompt says beside documents, such as the account.
    """

    root: Mapping[str, Any]
    find: Find
    context: Mapping[str, Any]
    _found: dict[str, Sequence[Finding]] = field(default_factory=dict)
    _known: dict[int, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    def fill(self) -> Any:
        """Return the answer."""
        properties = self.root.get("properties") or {}
        lists = {name: items for name, schema in properties.items() if (items := self._items(schema)) is not None}
        for name, items in lists.items():
            self._found[name] = self.find(name, items)
        single = None
        if not lists:
            single = next(iter(self.find("", self.root)), None)
            self._found[""] = [single] if single else []
        return {name: self._value(name, schema, single, ()) for name, schema in properties.items()}

    @property
    def _any(self) -> bool:
        return any(self._found.values())

    def _variants(self, schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """Return what a value may be, worked out once for each part of the schema; they live as long as this does."""
        known = self._known.get(id(schema))
        if known is None:
            known = self._known[id(schema)] = variants(schema, self.root)
        return known

    def _items(self, schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the schema of the items of a list, or None if it is no list."""
        for variant in self._variants(schema):
            if "items" in variant:
                return resolved(variant["items"], self.root)
        return None

    def _value(self, name: str, schema: Mapping[str, Any], finding: Finding | None, quotes: Sequence[Evidence]) -> Any:
        known = self._variants(schema)
        for variant in known:
            if "items" in variant:
                return self._list(name, variant, finding)
            if "properties" in variant:
                return self._object(variant, finding, quotes)
        if finding is not None and _VERBATIM.search(str(schema.get("description", ""))):
            return fitted((quotes or finding.evidence)[0].quote, known)
        return fitted(self._scalar(name, finding, quotes), known)

    def _list(self, name: str, schema: Mapping[str, Any], finding: Finding | None) -> list[Any]:
        items = resolved(schema["items"], self.root)
        names = (items.get("properties") or {}).keys()
        if finding is None:
            found = self._found.get(name) or ()
            filled = [self._value(name, items, each, each.evidence) for each in found]
            return [each for each in filled if each is not None]
        if is_evidence(name, names):
            return [self._value(name, items, finding, (quote,)) for quote in finding.evidence]
        value = self._scalar(name, finding, finding.evidence)
        parts = str(value).split(", ") if value is not None else []
        return [fitted(part, [items]) for part in parts]

    def _object(self, schema: Mapping[str, Any], finding: Finding | None, quotes: Sequence[Evidence]) -> dict[str, Any]:
        properties = schema.get("properties") or {}
        return {name: self._value(name, inner, finding, quotes) for name, inner in properties.items()}

    def _scalar(self, name: str, finding: Finding | None, quotes: Sequence[Evidence]) -> Any:
        if finding is None:
            return self._overall(name)
        kind = finding.fact.kind
        asked = field_of(name, kind)
        if asked is not None:
            return finding.fact.values.get(asked)
        if _DAY.fullmatch(name):
            return finding.day
        if _CERTAINTY.search(name):
            return 0.95 if len(finding.evidence) > 1 else 0.9
        return _of_quote(name, quotes) if quotes else null

    def _overall(self, name: str) -> Any:
        """Return the value of a property of the answer as a whole."""
        if _STATUS.search(name):
            return self._any
        if _CERTAINTY.search(name):
            return 0.9 if self._any else 0.5
        if _REMARK.fullmatch(name):
            return "The documents state it." if self._any else "The documents say nothing about it."
        account = self.context.get("account")
        known = account if isinstance(account, Mapping) else self.context
        return known.get(name, null)


def _of_quote(name: str, quotes: Sequence[Evidence]) -> Any:
    quote = quotes[0]
    if name in {"quote", "text", "excerpt", "verbatim", "span"}:
        return quote.quote
    if name in {"document", "document_id", "id", "source"}:
        return quote.document.name
    return quote.document.about.get(name, null)
