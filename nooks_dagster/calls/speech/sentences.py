"""Sentences: a text in parts of which each is said in one go.

Belongs here: cutting a text. Does not: when they were said (`calls.speech.timing`).
"""

import re
import textwrap
from collections.abc import Sequence

LONGEST = 400
"""Characters of one utterance, half a minute: a text without full stops is cut between words."""
_ENDS = re.compile(r"(?<=[.!?\u2026])[\"'\u201d\u2019)]*\s+|(?<=[\u3002\uff01\uff1f])[\u300d\u300f\u201d]*|\n+")
_NO_END = re.compile(r"(?:^|\s|\W)(?:Mr|Mrs|Ms|Dr|Prof|St|Sr|Jr|vs|No|Inc|Ltd|Co|Corp|approx|[A-Za-z])\.$")


def sentences(text: str) -> Sequence[str]:
    """Return a text's sentences in order; together they hold all of its words."""
    found: list[str] = []
    begun = ""
    for part in _parts(text):
        begun = f"{begun} {part}".strip()
        if not _NO_END.search(begun):
            found.append(begun)
            begun = ""
    return [short for sentence in [*found, begun] for short in _short(sentence) if short]


def _parts(text: str) -> Sequence[str]:
    ends = [match.end() for match in _ENDS.finditer(text)]
    return [text[start:end].strip() for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]


def _short(sentence: str) -> Sequence[str]:
    return [sentence] if len(sentence) <= LONGEST else textwrap.wrap(sentence, LONGEST, break_on_hyphens=False)
