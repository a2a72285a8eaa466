"""Telephone numbers as people type them: what two spellings have in common, and whether they are one number.

Belongs here: libphonenumber's word on it. Does not: looking people up by it (`crm.people`), numbers within a text
(`privacy`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

KEY_DIGITS = 10
"""As many digits of a number's end are indexed (SQL function `crm.phone_key`)."""
_ODD: Mapping[int, str] = dict.fromkeys((0x09, *range(0x80, 0xC0), *range(0x2000, 0x2070), 0xFEFF), " ")
"""Spaces, dots, marks of direction: `crm.phone_key` passes over them, libphonenumber knows a third of them."""
_MEXICO = 52
_MEXICAN = re.compile(r"(?:1|44|45)(\d{10})")
"""As was dialled until 2019 (+52 1, 01, 044, 045) and is written still; libphonenumber knows none of it any more."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A number that can be called from anywhere.

    `keys` are what `crm.phone_key` makes of each way to write it: with its country and without, with the trunk prefix
    of its country and without, and as its own country writes it. `extension` is "" where none is told.
    """

    e164: str = field(repr=False)
    region: str = field(repr=False)
    keys: tuple[int, ...] = field(repr=False)
    extension: str = field(default="", repr=False)

    def is_written(self, text: str, region: str) -> bool:
        """Say whether a spelling in a CRM means this number; two extensions, where both are told, are two numbers.

        Without a country it is a number of the workspace's region; if there is none such there, then of the country of
        this one. The other way round, (207) 946-0958 in Maine would be +44 20 7946 0958 in London.

        Args:
            text: As it was typed.
            region: The workspace's, ISO 3166.
        """
        extension = self._written(text, region)
        return extension is not None and (not self.extension or extension in ("", self.extension))

    def is_extension(self, text: str, region: str) -> bool:
        """Say whether a spelling means this number, extension and all."""
        return bool(self.extension) and self._written(text, region) == self.extension

    def _written(self, text: str, region: str) -> str | None:
        """Return the extension behind a spelling of this number, "" if there is none; None if it is another number."""
        number = _parsed(text, region)
        if number is None or (_e164(number) != self.e164 and not phonenumbers.is_valid_number(number)):
            number = _parsed(text, self.region)
        if number is None or _e164(number) != self.e164:
            return None
        return number.extension or ""


def phone_of(text: str | None, region: str) -> Phone | None:
    """Return the number that a text is, None if nobody can be called by it: 000-000-0000 fills a field.

    Args:
        text: As a dialer tells it.
        region: Whose number it is when it names no country, ISO 3166.
    """
    number = _parsed(text, region) if text else None
    if number is None or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    if len(set(str(number.national_number))) == 1 and not phonenumbers.is_valid_number(number):
        return None
    keys = sorted({int(digits[-KEY_DIGITS:]) for digits in _spellings(number)})
    home = phonenumbers.region_code_for_number(number) or region
    return Phone(_e164(number), home, tuple(keys), number.extension or "")


@lru_cache(maxsize=4096)  # a switchboard's number is read with each call to one of its people
def _parsed(text: str, region: str) -> PhoneNumber | None:
    """Return a number; `00` is the way out of most countries, whatever the region's own."""
    text = text.translate(_ODD).strip()
    for spelling in (text, f"+{text[2:]}" if text.startswith("00") else ""):
        try:
            number = phonenumbers.parse(spelling, region)
        except NumberParseException:
            continue
        if number.country_code == _MEXICO and (old := _MEXICAN.fullmatch(str(number.national_number))):
            number.national_number, number.italian_leading_zero = int(old[1]), None
        if spelling.startswith("+") or not text.startswith("00") or phonenumbers.is_valid_number(number):
            return number
    return None


def _e164(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _spellings(number: PhoneNumber) -> Iterator[str]:
    country, national = str(number.country_code), phonenumbers.national_significant_number(number)
    region = phonenumbers.region_code_for_number(number) or ""
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    yield national
    yield country + national
    yield trunk + national
    yield country + trunk + national
    yield phonenumbers.normalize_digits_only(phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
