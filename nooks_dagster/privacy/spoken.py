"""Numbers that are spelt out digit by digit, as transcripts write what was said slowly: "four one five, double five".

Belongs here: the digits in English, Spanish, German and French. Does not: whether they are something personal
(`privacy.numbers`, `privacy.identities`, `privacy.phones`); tens, "forty-one", which are many things beside.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from nooks_dagster.privacy.identities import Check, in_regions, kinds_near
from nooks_dagster.privacy.numbers import in_row
from nooks_dagster.privacy.phones import is_phone
from nooks_dagster.privacy.spans import Span

FEWEST = 7
"""Digits: fewer are an extension, a code, or two or three people."""
_LANGUAGES = (
    "zero one two three four five six seven eight nine",
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "null eins zwei drei vier f\u00fcnf sechs sieben acht neun",
    "z\u00e9ro un deux trois quatre cinq six sept huit neuf",
    "oh - zwo",
    "o",
)
_DIGITS = {word: str(digit) for language in _LANGUAGES for digit, word in enumerate(language.split()) if word != "-"}
_TIMES = {"double": 2, "triple": 3}
_ITEM = rf"(?:(?:{'|'.join(_TIMES)}) )?(?:{'|'.join(sorted(_DIGITS, key=len, reverse=True))}|\d++)(?!\w)"
_BEGINS = "".join({word[0] for word in (*_DIGITS, *_TIMES, "plus")})
_RUN = re.compile(rf"(?<![\w'\u2019])(?=[{_BEGINS}0-9])(?:plus )?{_ITEM}(?:[ ,.-]{{1,4}}{_ITEM}){{3,}}+", re.IGNORECASE)
_SPELT = re.compile(rf"\b(?:{'|'.join(_DIGITS)})\b", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_COUNTED = "01234567890"


class _Digit(NamedTuple):
    digit: str
    start: int
    end: int


def spelt(text: str, regions: Collection[str]) -> Iterator[Span]:
    """Yield the places of personal numbers that are spelt out, at least in part; two may overlap.

    Args:
        text: In any language.
        regions: Whose numbers are looked for, ISO 3166.
    """
    for run in _RUN.finditer(text):
        digits = list(_digits(run))
        said = "".join(digit.digit for digit in digits)
        if len(said) < FEWEST or not _SPELT.search(run[0]) or said in _COUNTED or said[::-1] in _COUNTED:
            continue
        sign = "+" if run[0][:5].lower() == "plus " else ""
        kinds = kinds_near(text, *run.span())
        for first, last, kind in (*_cards(said), *_whole(sign, said, kinds, regions)):
            yield Span(digits[first].start, digits[last - 1].end, kind)


def _cards(said: str) -> Iterator[Span]:
    for span in in_row(" ".join(said), 0, {}):
        yield Span(span.start // 2, (span.end + 1) // 2, span.kind)


def _whole(sign: str, said: str, kinds: Mapping[int, Sequence[Check]], regions: Collection[str]) -> Iterator[Span]:
    """Yield the number that the digits are, but for one: "oh, four one five ...", "... seven one, one moment"."""
    for first, last in ((0, len(said)), (0, len(said) - 1), (1, len(said))):
        number = said[first:last]
        if any(in_row(number, 0, kinds)) or any(in_regions(number, regions)):
            yield Span(first, last, "id")
        elif any(is_phone(sign + number, region) for region in regions):
            yield Span(first, last, "phone")
        else:
            continue
        return


def _digits(run: re.Match[str]) -> Iterator[_Digit]:
    times, begun = 1, 0
    for word in _WORD.finditer(run[0]):
        start, end = run.start() + word.start(), run.start() + word.end()
        said = word[0].lower()
        if said in _TIMES:
            times, begun = _TIMES[said], start
            continue
        for digit in _DIGITS.get(said, said if said.isdecimal() else "") * times:
            yield _Digit(digit, begun if times > 1 else start, end)
        times = 1
