"""Passages that speak to the reader instead of about the company: they show nothing.

Belongs here: telling them by their words. Does not: the rule that documents are data (`signals.prompts`), which a model
may forget; what it quotes then is looked at here once more.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from nooks_dagster.signals.quotes import Span

_ORDERS = re.compile(
    r"""
    \b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|earlier|all|any|your|these|the)\b.{0,30}
        \b(instructions?|rules?|prompts?|guidelines|directions)\b
    | \b(system|developer)\s+(prompt|message|instructions?|note)\b
    | \b(as\s+an?|dear|attention|hey|hello|note\s+(to|for)(\s+the)?)\s+
        (ai|llm|language\s+model|assistant|chat\s?bot|model|agent|crawler)s?\b
    | \byou\s+are\s+(now\s+)?(an?\s+|the\s+)?(ai|assistant|language\s+model|chat\s?bot|helpful)\b
    | \b(respond|answer|reply|output)\s+(only\s+)?(with|exactly|as\s+follows)\b
    | \b(ignoriere|vergiss|missachte)\b.{0,40}\b(anweisung|anweisungen|regeln|vorgaben)\b
    | \b(ignore[zr]?|oublie[zr]?)\b.{0,40}\b(instructions?|consignes|r[eè]gles)\b
    | \b(ignor[ae]|olvid[ae])\b.{0,40}\b(instrucciones|reglas|indicaciones)\b
    | <\|?\s*/?\s*(system|im_start|im_end|assistant|user|document|instructions?)\b
    | \[/?INST\]
    """,
    re.IGNORECASE | re.VERBOSE,
)


def addresses_the_reader(text: str, span: Span) -> bool:
    """Say whether the lines that a passage stands in give orders to a model, or belong to an order.

    Args:
        text: A document's, one line a block.
        span: Where the passage is.
    """
    start = text.rfind("\n", 0, span.start) + 1
    end = _end_of_line(text, span.end)
    above = text.rfind("\n", 0, max(start - 1, 0)) + 1
    around = text[above : _end_of_line(text, end + 1)].replace("\n", " ")
    return any(start - above < last and first < end - above for first, last in _orders(around))


def _end_of_line(text: str, place: int) -> int:
    end = text.find("\n", place)
    return end if end >= 0 else len(text)


@lru_cache(maxsize=64)  # a page may be one line, which takes 0.2 s, and a hundred passages may stand in it
def _orders(lines: str) -> Sequence[tuple[int, int]]:
    return [found.span() for found in _ORDERS.finditer(lines)]
