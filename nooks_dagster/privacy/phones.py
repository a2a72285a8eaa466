"""Telephone numbers in a text: of some regions, or of any country that they name by `+` or `00`.

Belongs here: their forms, and libphonenumber's word on each. Does not: what becomes of them (`privacy.redaction`).

Of numbers without an area code only `555-0142` is told by its form, in North America: three digits and four. A round
four, `250-1000`, is taken for a range.
"""

import re
from collections.abc import Iterator

import phonenumbers

from nooks_dagster.privacy.spans import Span

_TRIES = 1_000_000  # the matcher's own bound, 65,535, is that of a page; the length of the text bounds it here
_LISTED = re.compile(r"(?<=\d),(?= \d)")
_ABROAD = re.compile(r"(?<!\d)(?<!\d[ .:,/-])00(?=[ ./-]{0,2}[1-9])")
_HIDING = re.compile(r"(?<!\d)00(?=[ ./-]{1,2}\d)")
_LOCAL = re.compile(r"(?<![\w$€£.,/+-])[2-9](?!11)\d\d-(?:0\d{3}|[1-9]\d(?!00)\d\d)(?![\w/%-]|[.,]\d)")
_NORTH_AMERICA = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])


def phones(text: str, region: str) -> Iterator[Span]:
    """Yield the places of telephone numbers; two may overlap.

    Args:
        text: In any language.
        region: Whose numbers those without a country may be, ISO 3166.
    """
    # Transcribers put commas between the groups of a number that was said slowly.
    plain = _LISTED.sub("-", text)
    # The end of a time of day, 10:00, hides the number behind it too.
    for read in {plain, _ABROAD.sub(" +", plain), _HIDING.sub("; ", plain)}:
        yield from _matched(read, plain, region)
    if region in _NORTH_AMERICA:
        yield from (Span(*found.span(), "phone") for found in _LOCAL.finditer(text))


def is_phone(digits: str, region: str) -> bool:
    """Say whether digits, and nothing else, are a telephone number: of a region, or with `+` or `00` of any country."""
    read = f"+{digits[2:]}" if digits.startswith("00") else digits
    found = phonenumbers.PhoneNumberMatcher(read, region)
    return any(one.end - one.start == len(read) for one in found)


def _matched(text: str, plain: str, region: str) -> Iterator[Span]:
    for found in phonenumbers.PhoneNumberMatcher(text, region, max_tries=_TRIES):
        begins_with_00 = text[found.start] != plain[found.start]
        yield Span(found.start - begins_with_00, found.end, "phone")
