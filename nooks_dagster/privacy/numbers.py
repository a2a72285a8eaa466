"""Numbers that name a person or an account, each told by its own check digits: cards, bank accounts, identity numbers.

Belongs here: their forms, and python-stdnum's word on each. Does not: telephone numbers (`privacy.redaction`).

People say a number in groups, and say others after it, so that a card stands in a row of digits with its date. Every
row of groups as long as such a number is looked at, from each group: bounded by 19 digits, whatever the text.
Not looked for: numbers whose check digits one in ten others has too and that are no longer than a telephone number.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate

from stdnum import iban, luhn, numdb
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.se import personnummer

from nooks_dagster.privacy.spans import Span

Check = Callable[[str], bool]


# Of 15 digits are American Express, Maestro and old JCB, and the numbers of telephones, with the same check digit.
_FIRST_OF_CARD = {15: re.compile(r"3[47]|[56]|2131")}
_FIRST_OF_OTHERS = re.compile(r"[2-6]")


def _is_card(digits: str) -> bool:
    first = _FIRST_OF_CARD.get(len(digits), _FIRST_OF_OTHERS)
    return bool(first.match(digits)) and bool(luhn.is_valid(digits))


def _is_ssn(text: str) -> bool:
    """Say whether it may be one; they have no check digit, and stdnum refuses those that became famous."""
    digits = re.sub(r"\D", "", text)
    return digits[:3] not in {"000", "666"} and digits[3:5] != "00" and digits[5:] != "0000"


_ROW = re.compile(r"(?<!\d)\d(?:(?:[ ,.\-/\u2013\u2014]{0,2}| ?(?:\.{3}|\u2026) ?)\d){10,}")
_GROUP = re.compile(r"\d+")
_CARD = dict.fromkeys(range(13, 20), (("card", _is_card),))
_BY_LENGTH: Mapping[int, Sequence[tuple[str, Check]]] = {
    **_CARD,
    11: tuple(("id", kind.is_valid) for kind in (idnr, pesel, fodselsnummer, nn, cpf)),
    13: (("id", ahv.is_valid), *_CARD[13]),
    15: (("id", nir.is_valid), *_CARD[15]),
}
_LONGEST = max(_BY_LENGTH)
_SHAPES: Sequence[tuple[re.Pattern[str], Check]] = (
    (re.compile(r"(?<![\w.-])\d{3}([-. \u2013])\d{2}\1\d{4}(?![\w-]|\.\d)"), _is_ssn),
    (re.compile(r"(?<!\w)\d{8}[- ]?[A-Za-z](?!\w)"), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZxyz][- ]?\d{7}[- ]?[A-Za-z](?!\w)"), nie.is_valid),
    (re.compile(r"(?<!\w)\d{6}[-+Aa]\d{3}[0-9A-Za-z](?!\w)"), hetu.is_valid),
    (re.compile(r"(?<!\w)(?:\d{2})?\d{6}[-+]\d{4}(?!\w)"), personnummer.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z](?!\w)"), codicefiscale.is_valid),
)
_SSN = re.compile(r"(?<![\w$€£.,/+-])[0-8]\d{8}(?![\w/-]|[.,]\d)")
_BETWEEN = r"[ ,.\-\u2013]{0,2}"
_IBAN = re.compile(rf"(?<!\w)(?=([A-Za-z]){_BETWEEN}([A-Za-z]){_BETWEEN}\d{_BETWEEN}\d)")
_PARTS = re.compile(r"(\d+)!([nac])")
_KINDS = {"n": r"\d", "a": "[A-Za-z]", "c": "[A-Za-z0-9]"}


def numbers(text: str, regions: Collection[str]) -> Iterator[Span]:
    """Yield the places of such numbers, bank accounts and cards first; two may overlap.

    Nine digits without a dash are an identity number where the United States are one of the regions.
    """
    yield from _accounts(text)
    yield from (span for row in _ROW.finditer(text) for span in _in_row(row[0], row.start()))
    for shape, check in _SHAPES:
        yield from (Span(*found.span(), "id") for found in shape.finditer(text) if check(found[0]))
    if "US" in regions:
        yield from (Span(*found.span(), "id") for found in _SSN.finditer(text) if _is_ssn(found[0]))


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


def _in_row(row: str, offset: int) -> Iterator[Span]:
    groups = [found.span() for found in _GROUP.finditer(row)]
    first = 0
    while first < len(groups):
        last, kind = _longest(row, groups[first : first + _LONGEST])
        if kind:
            yield Span(offset + groups[first][0], offset + groups[first + last][1], kind)
        first += last + 1


def _longest(row: str, groups: Sequence[tuple[int, int]]) -> tuple[int, str]:
    """Return up to which of the groups the longest number goes that begins with the first, and its kind, if any."""
    lengths = list(accumulate(end - start for start, end in groups))
    for last in reversed(range(len(groups))):
        digits = "".join(row[start:end] for start, end in groups[: last + 1])
        for kind, check in _BY_LENGTH.get(lengths[last], ()):
            if len(set(digits)) > 1 and check(digits):
                return last, kind
    return 0, ""
