"""Identity numbers of countries: the forms they are written in, their check digits, and what they are called.

Belongs here: python-stdnum's word on each. Does not: finding them in rows of digits (`privacy.numbers`).

A number that is told from one in a hundred others is taken wherever it stands. One whose check digit one in ten others
has too is taken if it is named near by, or stands alone as it is written in a country that is one of the regions.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from stdnum.at import vnr
from stdnum.au import tfn
from stdnum.be import nn
from stdnum.bg import egn
from stdnum.br import cpf
from stdnum.ca import sin
from stdnum.ch import ssn as ahv
from stdnum.cl import rut
from stdnum.cz import rc
from stdnum.de import idnr
from stdnum.dk import cpr
from stdnum.ee import ik
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.gr import amka
from stdnum.hr import oib
from stdnum.ie import pps
from stdnum.in_ import aadhaar, pan
from stdnum.is_ import kennitala
from stdnum.it import codicefiscale
from stdnum.kr import rrn
from stdnum.mx import curp
from stdnum.nl import bsn
from stdnum.no import fodselsnummer
from stdnum.pl import pesel
from stdnum.pt import nif
from stdnum.ro import cnp
from stdnum.ru import inn
from stdnum.se import personnummer
from stdnum.si import emso
from stdnum.tr import tckimlik
from stdnum.za import idnr as za

from nooks_dagster.privacy.spans import Span

Check = Callable[[str], bool]


def _is_ssn(text: str) -> bool:
    """Say whether it may be one; they have no check digit, and stdnum refuses those that became famous."""
    digits = re.sub(r"\D", "", text)
    return digits[:3] not in {"000", "666"} and digits[3:5] != "00" and digits[5:] != "0000"


def _is_nino(text: str) -> bool:
    """Say whether two letters begin a British national insurance number; it has no check digit."""
    return text[:2].upper() not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


_ANYWHERE: Mapping[int, Sequence[Check]] = {
    11: tuple(kind.is_valid for kind in (idnr, pesel, fodselsnummer, nn, cpf, tckimlik, ik, amka)),
    12: (inn.is_valid,),
    13: tuple(kind.is_valid for kind in (ahv, cnp, za, rrn, emso)),
    15: (nir.is_valid,),
}
_SHAPES: Sequence[tuple[re.Pattern[str], Check]] = (
    (re.compile(r"(?<![\w.-])\d{3}([-. \u2013])\d{2}\1\d{4}(?![\w-]|\.\d)"), _is_ssn),
    (
        re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Za-ceghj-pr-tw-z][A-CEGHJ-NPR-TW-Za-ceghj-npr-tw-z]\d{6}[A-Da-d](?!\w)"),
        _is_nino,
    ),
    (
        re.compile(r"(?<!\w)[A-CEGHJ-PR-TW-Z][ ,-]{0,2}[A-CEGHJ-NPR-TW-Z](?:[ ,-]{0,2}\d){6}[ ,-]{0,2}[A-D](?!\w)"),
        _is_nino,
    ),
    (re.compile(r"(?<!\w)\d{7}[A-Wa-w][A-IWa-iw]?(?!\w)"), pps.is_valid),
    (re.compile(r"(?<!\w)\d{8}[- ]?[A-Za-z](?!\w)"), dni.is_valid),
    (re.compile(r"(?<!\w)[XYZxyz][- ]?\d{7}[- ]?[A-Za-z](?!\w)"), nie.is_valid),
    (re.compile(r"(?<!\w)\d{6}[-+Aa]\d{3}[0-9A-Za-z](?!\w)"), hetu.is_valid),
    (re.compile(r"(?<!\w)(?:\d{2})?\d{6}[-+]\d{4}(?!\w)"), personnummer.is_valid),
    (re.compile(r"(?<!\w)\d{6}-\d{4}(?!\w)"), kennitala.is_valid),
    (re.compile(r"(?<![\w/])\d{6}/\d{4}(?![\w/])"), rc.is_valid),
    (re.compile(r"(?<![\w.])\d{1,2}(\.?)\d{3}\1\d{3}-[\dKk](?!\w)"), rut.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{5}\d{4}[A-Za-z](?!\w)"), pan.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{4}\d{6}[A-Za-z]{6}[A-Za-z\d]\d(?!\w)"), curp.is_valid),
    (re.compile(r"(?<!\w)[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z](?!\w)"), codicefiscale.is_valid),
)
_THREE_THREES, _ALONE = r"\d{3}([ -]?)\d{3}\1\d{3}", r"(?![\w/%-]|[.,]\d| ?[$€£]| (?:dollar|euro|pound|rupee))"
_IN_REGION: Mapping[str, tuple[re.Pattern[str], Check]] = {
    region: (re.compile(rf"(?<![\w$€£.,/+-]){form}{_ALONE}"), check)
    for region, form, check in (
        ("US", r"[0-8]\d{8}", _is_ssn),
        ("CA", _THREE_THREES, sin.is_valid),
        ("AU", _THREE_THREES, tfn.is_valid),
        ("NL", r"\d{9}", bsn.is_valid),
        ("IN", r"[2-9]\d{3}([ -]?)\d{4}\1\d{4}", aadhaar.is_valid),
    )
}
_NAMED: Mapping[str, tuple[str, int, Check]] = {
    "US": ("SSN|(?i:social security|my social)", 9, _is_ssn),
    "CA": ("SIN|NAS|(?i:social insurance|assurance sociale)", 9, sin.is_valid),
    "AU": ("TFN|(?i:tax file)", 9, tfn.is_valid),
    "NL": ("BSN|(?i:burgerservicenummer)", 9, bsn.is_valid),
    "PT": ("NIF|(?i:contribuinte)", 9, nif.is_valid),
    "GB": ("NHS", 10, nhs.is_valid),
    "AT": ("(?i:sv-?nr|sozialversicherungsnummer|sv-nummer)", 10, vnr.is_valid),
    "DK": ("CPR", 10, cpr.is_valid),
    "BG": ("EGN|\u0415\u0413\u041d", 10, egn.is_valid),
    "HR": ("OIB", 11, oib.is_valid),
    "IN": ("(?i:aa?dh?aa?r)", 12, aadhaar.is_valid),
}
_NAMES = re.compile(rf"\b(?:{'|'.join(f'(?P<{place}>{name})' for place, (name, _, _) in _NAMED.items())})\b")
_BEFORE, _BEHIND = 100, 40
"""Letters between a name and its number: a question and the beginning of its answer, "which is my"."""


def identities(text: str, regions: Collection[str]) -> Iterator[Span]:
    """Yield the places of numbers that are told by their form; two may overlap."""
    for form, check in _SHAPES:
        yield from (Span(*found.span(), "id") for found in form.finditer(text) if check(found[0]))
    yield from in_regions(text, regions)


def in_regions(text: str, regions: Collection[str]) -> Iterator[Span]:
    """Yield the places of numbers that only their own country takes for one."""
    for form, check in (_IN_REGION[region] for region in regions if region in _IN_REGION):
        yield from (Span(*found.span(), "id") for found in form.finditer(text) if check(found[0]))


def kinds_near(text: str, start: int, end: int) -> Mapping[int, Sequence[Check]]:
    """Return by their length the kinds that digits at a place of a text may be: any, and those that are named there."""
    found = _NAMES.finditer(text, max(0, start - _BEFORE), end + _BEHIND)
    names = {name.lastgroup or "" for name in found} if text[max(0, start - 1) : start] not in {"$", "€", "£"} else ()
    kinds = dict(_ANYWHERE)
    for _, length, check in (_NAMED[name] for name in names):
        kinds[length] = (*kinds.get(length, ()), check)
    return kinds
