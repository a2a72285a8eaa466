"""Spans: places in a text, and the text without them.

Belongs here: the value, and what is left of several that overlap. Does not: what stands there.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """A place in a text, characters, the end not included; `kind` says what stands there."""

    start: int
    end: int
    kind: str


def without(text: str, spans: Iterable[Span], word: Callable[[Span], str]) -> str:
    """Return a text with a word in place of each span; of those that overlap one that begins earlier or is longer."""
    parts: list[str] = []
    rest = 0
    for span in sorted(spans, key=lambda s: (s.start, -s.end)):
        if span.start >= rest:
            parts += text[rest : span.start], word(span)
            rest = span.end
        elif span.end > rest:  # what overlaps is part of it
            rest = span.end
    return "".join([*parts, text[rest:]])
