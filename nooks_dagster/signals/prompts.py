"""The words of a question: what never changes first, so that the provider's cache knows it; then the documents.

Belongs here: instructions and input. Does not: the questions (`assets/signals/`), what is made of an answer
(`signals.checks`).

Documents stand as JSON, one a line: whatever a page says, it cannot end its own line, so it speaks from within a text.
"""

from collections.abc import Mapping, Sequence

from nooks_dagster.llm.bounds import LONG_CONTEXT
from nooks_dagster.research.documents import Document
from nooks_dagster.signals.canonical import line
from nooks_dagster.signals.declaration import Signal
from nooks_dagster.signals.rules import RULES

LARGEST = LONG_CONTEXT - 32 * 1024
"""Bytes of the input; the rest is for the instructions and the shape. A letter of Japanese has three of them."""


def instructions(signal: Signal) -> str:
    """Return the fixed part of the prompt: the same for all accounts."""
    own = "".join(f'\n"{field}" must be one of the account\'s "own" {name}.' for field, name in signal.own.items())
    return (
        f"{RULES}\nQuestion ({signal.name}): {signal.question.strip()}{own}\nAt most {signal.most_findings} findings.\n"
    )


def inputs(site: str, documents: Mapping[str, Document], own: Mapping[str, Sequence[str]], most: int) -> str:
    """Return the lines about one account.

    Args:
        site: The company's.
        documents: By the ids that the answer names them by.
        own: The workspace's own facts that the question needs.
        most: Characters of all texts together, fewer if these have more bytes than may be sent; the longest are cut
            first.
    """
    account = line({"account": {"site": site}, "own": {name: list(values) for name, values in own.items()}})
    lengths = [len(document.text) for document in documents.values()]
    while True:
        room = longest(most, lengths)
        text = "\n".join([account, *(_document(name, one, room) for name, one in documents.items())])
        size = len(text.encode())
        if size <= LARGEST or most == 0:
            return text
        most = min(most, sum(lengths)) * LARGEST // size * 99 // 100


def longest(most: int, lengths: Sequence[int]) -> int:
    """Return how long a text may be so that all together are no longer than `most`."""
    left = most
    for place, length in enumerate(sorted(lengths)):
        share = left // (len(lengths) - place)
        if length > share:
            return share
        left -= length
    return most


def _document(name: str, document: Document, room: int) -> str:
    text = document.text[:room]
    if len(text) < len(document.text):
        text = text.rpartition("\n")[0] or text
    return line(
        {
            "document": name,
            "kind": str(document.kind),
            "url": document.url,
            "title": document.title,
            "fetched_at": document.fetched_at.date().isoformat(),
            "text": text,
        }
    )
