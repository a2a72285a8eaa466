"""Texts of an export and the types of the API: what fits a type, and what it becomes in JSON.

Belongs here: one rule each way per type. Does not: files, columns.

A column of unknown type is only taken for one if every text survives the way there and back, so `007`, `1.50` and
`1e5` stay text. Declared fields are read more generously, as exports differ in how they write dates and booleans.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from sandbox.salesforce.ids import to15, to18
from sandbox.salesforce.moments import is_date, milliseconds, to_json
from sandbox.salesforce.org import JsonValue

_WHOLE = re.compile(r"-?[1-9][0-9]*|0", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", re.ASCII)
_ZONED = re.compile(r".*T.*(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_INT_BOUND = 2**31


def _is_int(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None and -_INT_BOUND <= int(text) < _INT_BOUND


def _is_double(text: str) -> bool:
    return _DECIMAL.fullmatch(text) is not None and repr(float(text)) in (text, f"{text}.0")


def _is_datetime(text: str) -> bool:
    return _ZONED.fullmatch(text) is not None and milliseconds(text) is not None


INFERRED: Mapping[str, Callable[[str], bool]] = {
    "boolean": lambda text: text in ("true", "false"),
    "int": _is_int,
    "double": _is_double,
    "date": is_date,
    "datetime": _is_datetime,
}
"""What every text of an unknown column must be for the column to have a type; the first that holds wins."""


def _is_declared_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite() and Decimal(repr(float(text))) == Decimal(text)
    except InvalidOperation:
        return False


def _is_declared_int(text: str) -> bool:
    return re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) is not None


def _is_declared_date(text: str) -> bool:
    return is_date(text.removesuffix(" 00:00:00"))


_DECLARED: Mapping[str, Callable[[str], bool]] = {
    "id": lambda text: to15(text) is not None,
    "reference": lambda text: to15(text) is not None,
    "boolean": lambda text: text.lower() in _BOOLEANS,
    "int": _is_declared_int,
    "double": _is_declared_number,
    "currency": _is_declared_number,
    "percent": _is_declared_number,
    "date": _is_declared_date,
    "datetime": lambda text: milliseconds(text) is not None,
    "address": lambda _: False,
}


def _datetime(text: str) -> str:
    if len(text) == 24 and text[10] == "T" and text[23] == "Z":  # as exports write it; five times faster this way
        return f"{text[:23]}+0000"
    return to_json(milliseconds(text) or 0)


_JSON: Mapping[str, Callable[[str], JsonValue]] = {
    "id": lambda text: to18(text[:15]),
    "reference": lambda text: to18(text[:15]),
    "boolean": lambda text: _BOOLEANS[text.lower()],
    "int": int,
    "double": float,
    "currency": float,
    "percent": float,
    "date": lambda text: text[:10],
    "datetime": _datetime,
}


def fits(kind: str, text: str) -> bool:
    """Return whether a text is a value of a declared type; texts of any sort are."""
    test = _DECLARED.get(kind)
    return test is None or test(text)


def to_value(kind: str, text: str) -> JsonValue:
    """Return what the API answers for a text of a column; the empty text is null."""
    if not text:
        return None
    convert = _JSON.get(kind)
    return text if convert is None else convert(text)
