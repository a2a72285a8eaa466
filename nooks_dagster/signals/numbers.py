"""Numbers as people write them in a sentence: 12.5 million, 12,5 Mio., 1 250 000, $40m.

Belongs here: which numbers a text may mean. Does not: which one it should (`signals.checks`).
"""

import re
from collections.abc import Iterator

_NUMBER = re.compile(
    r"(?<![\w.,])[$€£¥]?\s?(?P<digits>\d{1,3}(?:[ '\u00a0\u202f]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)*)"
    r"\s?-?(?P<scale>mil\smillones|milliard[a-z]*|billion[a-z]*|million[a-z]*|mill[oó]n(?:es)?|mrd|mio|mill?e?|bn|mm|mn|"
    r"tausend|thousand|tsd|[kmb])?(?!\w)",
    re.IGNORECASE,
)
_SCALES = {
    "mil millones": 1e9,
    "milliard": 1e9,
    "mrd": 1e9,
    "billionen": 1e12,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "million": 1e6,
    "millón": 1e6,
    "millon": 1e6,
    "mio": 1e6,
    "mn": 1e6,
    "mm": 1e6,
    "mille": 1e3,
    "mil": 1e3,
    "m": 1e6,
    "tausend": 1e3,
    "thousand": 1e3,
    "tsd": 1e3,
    "k": 1e3,
}
TOLERANCE = 0.005  # "12.5 million" for 12,480,000


def mentions(text: str, value: float) -> bool:
    """Say whether a text may mean a number, to within half a percent."""
    return any(abs(number - value) <= TOLERANCE * max(abs(value), 1e-9) for number in numbers(text))


def numbers(text: str) -> Iterator[float]:
    """Yield every number that a text may mean; where languages differ (1.250), each reading."""
    for match in _NUMBER.finditer(text):
        scale = _scale((match["scale"] or "").lower())
        for plain in _readings(match["digits"]):
            yield plain * scale


def _scale(word: str) -> float:
    word = " ".join(word.split())
    return next((factor for start, factor in _SCALES.items() if word and word.startswith(start)), 1.0)


def _readings(digits: str) -> set[float]:
    plain = re.sub(r"[ '\u00a0\u202f]", "", digits)
    separators = re.findall(r"[.,]", plain)
    if not separators:
        return {float(plain)}
    whole, _, fraction = plain.rpartition(separators[-1])
    decimal = float(f"{re.sub('[.,]', '', whole)}.{fraction}")
    grouped = float(re.sub(r"[.,]", "", plain))
    if len(separators) > 1:
        return {decimal} if len(set(separators)) > 1 else {grouped}
    return {decimal, grouped} if len(fraction) == 3 else {decimal}
