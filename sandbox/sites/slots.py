"""The places in a sentence where a fact's values stand: how each value is written in a language, and read back.

Belongs here: products with their categories, days, amounts, counts, names out of closed lists.
Does not: the words around them (`sandbox.sites.wordings`).
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from sandbox.sites.facts import Value
from sandbox.sites.vocabulary import (
    AWARDS,
    CATEGORIES,
    CERTIFICATIONS,
    CITIES,
    COMPANIES,
    DEPARTMENTS,
    INVESTORS,
    LANGUAGES,
    LAUNCHES,
    PEOPLE,
    PRODUCTS,
    ROLES,
    ROUNDS,
    TITLES,
)
from sandbox.world.names import words

MONTHS: Mapping[str, Sequence[str]] = {
    "en": words("January February March April May June July August September October November December"),
    "de": words("Januar Februar März April Mai Juni Juli August September Oktober November Dezember"),
    "fr": words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    "es": words("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
}
_DAY: Mapping[str, str] = {"en": "{} {} {}", "de": "{}. {} {}", "fr": "{} {} {}", "es": "{} de {} de {}"}
_MONEY: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "en": (".", {"USD": "${} million", "EUR": "€{} million", "GBP": "£{} million"}),
    "de": (",", {"USD": "{} Millionen US-Dollar", "EUR": "{} Millionen Euro", "GBP": "{} Millionen Pfund"}),
    "fr": (",", {"USD": "{} millions de dollars", "EUR": "{} millions d'euros", "GBP": "{} millions de livres"}),
    "es": (",", {"USD": "{} millones de dólares", "EUR": "{} millones de euros", "GBP": "{} millones de libras"}),
}
CURLY = "\N{RIGHT SINGLE QUOTATION MARK}"
_UNIT = 100_000
"""Amounts are told in tenths of a million."""


@dataclass(frozen=True)
class Slot:
    """How values of one kind are written and read.

    Args:
        pattern: What a written value looks like: an expression without groups.
        write: The text of a value.
        read: The value of a text, its white space being single blanks.
    """

    pattern: str
    write: Callable[[Value], str]
    read: Callable[[str], Value]


def literal(text: str) -> str:
    """Return an expression for a text, whatever its white space and its apostrophes look like."""
    return re.sub("'", f"['{CURLY}]", re.sub(r"(?:\\ )+", r"\\s+", re.escape(text)))


@cache
def slot(name: str, language: str) -> Slot:
    """Return the slot of a name in a language."""
    if name == "day":
        return _days(language)
    if name == "money":
        return _amounts(language)
    if name == "count":
        return Slot(r"\d{1,3}", str, int)
    if name == "roles":
        role = _either(role for roles in ROLES.values() for role in roles)
        return Slot(rf"{role}(?:,\s+{role})*", str, str)
    if name in _TRANSLATED:
        return _translated(_TRANSLATED[name], language)
    return Slot(_either(_LISTS[name]), str, str)


_LISTS: Mapping[str, Iterable[str]] = {
    "product": PRODUCTS,
    "person": PEOPLE,
    "title": TITLES,
    "company": COMPANIES,
    "investor": INVESTORS,
    "round": ROUNDS,
    "launch": LAUNCHES,
    "city": CITIES,
    "award": AWARDS,
    "certification": CERTIFICATIONS,
}
_TRANSLATED = {"category": CATEGORIES, "department": DEPARTMENTS}


def _either(texts: Iterable[str]) -> str:
    """Return an expression for any of the texts, as words of their own; of two that begin alike the longer one."""
    return rf"\b(?:{'|'.join(map(literal, sorted(texts, key=len, reverse=True)))})\b"


def _plain(text: str) -> str:
    return text.replace(CURLY, "'")


def _translated(names: Mapping[str, tuple[str, str, str]], language: str) -> Slot:
    place = LANGUAGES.index(language)
    written = {word: (word, *others)[place] for word, others in names.items()}
    meant = {_plain(text): word for word, text in written.items()}
    return Slot(_either(written.values()), lambda value: written[str(value)], lambda text: meant[_plain(text)])


def _days(language: str) -> Slot:
    months, form = MONTHS[language], _DAY[language]

    def write(value: Value) -> str:
        day = date.fromisoformat(str(value))
        return form.format(day.day, months[day.month - 1], day.year)

    def read(text: str) -> Value:
        day, month, year = re.sub(r"\bde\b|\.", " ", text).split()
        return date(int(year), months.index(month) + 1, int(day)).isoformat()

    return Slot(literal(form).replace(r"\{\}", "{}").format(r"\d{1,2}", _either(months), r"\d{4}"), write, read)


def _amounts(language: str) -> Slot:
    """Money is one value, `12500000 USD`, because languages write amount and currency in one."""
    point, forms = _MONEY[language]

    def write(value: Value) -> str:
        amount, currency = str(value).split()
        whole, tenth = divmod(int(amount) // _UNIT, 10)
        return forms[currency].format(f"{whole}{point}{tenth}" if tenth else str(whole))

    def read(text: str) -> Value:
        number = "".join(each for each in text if each.isdigit() or each == point)
        whole, _, tenth = number.partition(point)
        shape = _plain(text.replace(number, "{}", 1))
        currency = next(name for name, form in forms.items() if form == shape)
        return f"{(int(whole) * 10 + int(tenth or 0)) * _UNIT} {currency}"

    number = rf"\d{{1,4}}(?:{re.escape(point)}\d)?"
    shapes = "|".join(literal(form).replace(r"\{\}", number) for form in forms.values())
    return Slot(f"(?:{shapes})", write, read)
