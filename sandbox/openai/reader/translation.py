"""A prompt that asks for a translation of sentences of calls, and its answer.

Belongs here: what is to be translated into which language, a place for it in whatever strict schema.
Does not: the sentences and their true translations (`sandbox.calls.phrases`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.calls.phrases.translating import translated
from sandbox.openai.reader.prompt import Document, Prompt
from sandbox.openai.reader.values import fitted, null, resolved, variants

_LANGUAGES = {"english": "en", "spanish": "es", "german": "de", "french": "fr"}
_NAMES = _LANGUAGES | {code: code for code in _LANGUAGES.values()}
_ASKED = re.compile(rf"\btranslat\w*\b[^.\n]{{0,200}}?\b(?:in)?to\s+`?({'|'.join(_NAMES)})\b", re.IGNORECASE)
_SOURCE = ("language", "source_language", "from")
_TEXT = re.compile(r"text|translat|sentence|content")


@lru_cache(maxsize=1024)
def language_asked(instructions: str) -> str | None:
    """Return the language that is to be translated into; None if nothing is to be translated."""
    found = _ASKED.search(instructions)
    return _NAMES[found[1].lower()] if found else None


@dataclass(frozen=True, slots=True)
class Translator:
    """Answers one prompt.

    Args:
        prompt: Whose documents are translated, each by itself.
        language: To translate into.
        schema: Of the answer; None for one in words.
    """

    prompt: Prompt
    language: str
    schema: Mapping[str, Any] | None

    def answer(self, *, forgets: bool) -> Any:
        """Return the answer, with `forgets` one without the last text."""
        documents = self.prompt.documents[:-1] if forgets else self.prompt.documents
        if self.schema is None:
            return "\n".join(self._text(document) for document in documents)
        properties = self.schema.get("properties") or {}
        return {name: self._property(schema, documents) for name, schema in properties.items()}

    def _text(self, document: Document) -> str:
        source = next((str(document.about[name]) for name in _SOURCE if document.about.get(name)), None)
        return translated(document.text, self.language, source)

    def _property(self, schema: Mapping[str, Any], documents: Sequence[Document]) -> Any:
        root = self.schema or {}
        known = variants(schema, root)
        for variant in known:
            if "items" in variant:
                items = resolved(variant["items"], root)
                return [self._item(items, document) for document in documents]
        return fitted(self._text(documents[0]) if documents else null, known)

    def _item(self, items: Mapping[str, Any], document: Document) -> Any:
        root, properties = self.schema or {}, items.get("properties")
        if not properties:
            return self._text(document)
        return {name: fitted(self._value(name, document), variants(each, root)) for name, each in properties.items()}

    def _value(self, name: str, document: Document) -> Any:
        if _TEXT.search(name):
            return self._text(document)
        if name in {"target", "target_language", "to"}:
            return self.language
        return document.about.get(name, null)
