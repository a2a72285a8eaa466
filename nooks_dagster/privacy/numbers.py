"""Numbers that name a person or an account, each told by its own check digits: bank accounts, and rows of digits.

Belongs here: finding them. Does not: the kinds of identity numbers (`privacy.identities`), telephone numbers
(`privacy.phones`).

People say a number in groups, and say others after it, so that a card stands in a row of digits with its date. Every
row of groups as long as such a number is looked at, from each group: bounded by 19 digits, whatever the text.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate

from stdnum import iban, luhn, numdb

from nooks_dagster.privacy.identities import Check, identities, kinds_near
from nooks_dagster.privacy.spans import Span

# Of 15 digits are American Express, Maestro and old JCB, and the numbers of telephones, with the same check digit.
_FIRST_OF_CARD = {15: re.compile(r"3[47]|[56]|2131")}
_FIRST_OF_OTHERS = re.compile(r"[2-6]")


def _is_card(digits: str) -> bool:
    first = _FIRST_OF_CARD.get(len(digits), _FIRST_OF_OTHERS)
    return bool(first.match(digits)) and bool(luhn.is_valid(digits))


_ROW = re.compile(r"(?<!\d)\d(?:(?:[ ,.\-/\u2013\u2014]{0,2}| ?(?:\.{3}|\u2026) ?)\d){7,}")
_GROUP = re.compile(r"\d+")
_CARDS = range(13, 20)
_BETWEEN = r"[ ,.\-\u2013]{0,2}"
_IBAN = re.compile(rf"(?<!\w)(?=([A-Za-z]){_BETWEEN}([A-Za-z]){_BETWEEN}\d{_BETWEEN}\d)")
_PARTS = re.compile(r"(\d+)!([nac])")
_KINDS = {"n": r"\d", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}


def numbers(text: str, regions: Collection[str]) -> Iterator[Span]:
    """Yield the places of such numbers, bank accounts and cards first; two may overlap.

    Args:
        text: In any language.
        regions: Whose identity numbers are taken that others may look like, ISO 3166.
    """
    yield from _accounts(text)
    for row in _ROW.finditer(text):
        yield from in_row(row[0], row.start(), kinds_near(text, *row.span()))
    yield from identities(text, regions)


def _accounts(text: str) -> Iterator[Span]:
    for begins in _IBAN.finditer(text):
        form = _account_of((begins[1] + begins[2]).upper())
        found = form.match(text, begins.start()) if form else None
        if found and iban.is_valid("".join(filter(str.isalnum, found[0]))):
            yield Span(*found.span(), "iban")


@cache  # of two letters
def _account_of(country: str) -> re.Pattern[str] | None:
    """Return the form of a country's accounts, None if it has none: of a fixed length, said in groups of any."""
    told = numdb.get("iban").info(country)[0][1].get("bban", "")
    kinds = [kind for length, kind in _PARTS.findall(told) for _ in range(int(length))]
    signs = [r"[A-Za-z]", r"[A-Za-z]", r"\d", r"\d", *(_KINDS[kind] for kind in kinds)]
    return re.compile(_BETWEEN.join(signs) + r"(?!\w)") if kinds else None


def in_row(row: str, offset: int, kinds: Mapping[int, Sequence[Check]]) -> Iterator[Span]:
    """Yield the places of cards and identity numbers in groups of digits.

    Args:
        row: The groups.
        offset: Where it begins.
        kinds: Of identity numbers, by their length.
    """
    groups = [found.span() for found in _GROUP.finditer(row)]
    first = 0
    while first < len(groups):
        last, kind = _longest(row, groups[first : first + _CARDS[-1]], kinds)
        if kind:
            yield Span(offset + groups[first][0], offset + groups[first + last][1], kind)
        first += last + 1


def _longest(row: str, groups: Sequence[tuple[int, int]], kinds: Mapping[int, Sequence[Check]]) -> tuple[int, str]:
    """Return up to which of the groups the longest number goes that begins with the first, and its kind, if any."""
    lengths = list(accumulate(end - start for start, end in groups))
    for last in reversed(range(len(groups))):
        length = lengths[last]
        if length not in _CARDS and length not in kinds:
            continue
        digits = "".join(row[start:end] for start, end in groups[: last + 1])
        if len(set(digits)) == 1:
            continue
        if any(check(digits) for check in kinds.get(length, ())):
            return last, "id"
        if length in _CARDS and _is_card(digits):
            return last, "card"
    return 0, ""
