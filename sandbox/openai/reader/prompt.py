"""What a prompt consists of: documents, the asker's own facts, and all other words, which are instructions.

Belongs here: finding them, in lines of JSON and in `<document>` blocks. A page whose text ends its block early is
among the other words from there on, as it would be for any model.
Does not: what the words ask for (`question`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

_BLOCK = re.compile(r"<document\b([^>]*)>(.*?)</document\s*>", re.DOTALL | re.IGNORECASE)
_ATTRIBUTE = re.compile(r"(\w+)\s*=\s*[\"']([^\"']*)[\"']")
_NAMES = ("document", "id", "document_id")
_TEXTS = ("text", "content", "body")


@dataclass(frozen=True, slots=True)
class Document:
    """A document, by the name that the prompt gives it; `about` is what else the prompt says of it."""

    name: str
    text: str
    about: Mapping[str, Any]


@dataclass(frozen=True)
class Prompt:
    """A prompt, taken apart.

    Args:
        rules: What the developer says.
        loose: All of the user's words that belong to no document.
        documents: In their order.
        context: The other objects of JSON in the input, as one: account, own facts.
    """

    rules: str
    loose: str
    documents: tuple[Document, ...]
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def instructions(self) -> str:
        """All that is taken for an instruction."""
        return f"{self.rules}\n{self.loose}"

    @cached_property
    def own(self) -> frozenset[str]:
        """The asker's own facts, in lower case."""
        return frozenset(text.lower() for text in _texts(self.context.get("own") or {}))


def read_prompt(rules: str, given: str) -> Prompt:
    """Take a prompt apart.

    Args:
        rules: The developer's words.
        given: The user's.
    """
    documents: list[Document] = []
    context: dict[str, Any] = {}
    words: list[str] = []
    for line in given.split("\n"):
        item = _object(line)
        if item is None:
            words.append(line)
        else:
            _sort(item, documents, context)
    loose = "\n".join(words)
    for attributes, text in _BLOCK.findall(loose):
        about = dict(_ATTRIBUTE.findall(attributes))
        documents.append(Document(_name(about, len(documents)), text.strip(), about))
    return Prompt(rules, _BLOCK.sub("", loose), tuple(documents), context)


def _object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        item = json.loads(line)
    except ValueError:
        return None
    return item if isinstance(item, dict) else None


def _sort(item: dict[str, Any], documents: list[Document], context: dict[str, Any]) -> None:
    """Put an object where it belongs: it is a document, or holds some, or is context."""
    text = next((item[name] for name in _TEXTS if isinstance(item.get(name), str)), None)
    if text is not None:
        about = {name: value for name, value in item.items() if name not in _TEXTS}
        documents.append(Document(_name(item, len(documents)), text, about))
        return
    held = item.pop("documents", None)
    for each in held if isinstance(held, list) else []:
        if isinstance(each, dict):
            _sort(each, documents, context)
    context.update(item)


def _name(about: Mapping[str, Any], number: int) -> str:
    return next((str(about[name]) for name in _NAMES if about.get(name)), f"d{number + 1}")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
