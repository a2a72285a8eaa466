"""What a customer wants every activity to hold beside the call: reading each value as the type that its field has.

Belongs here: types that CRMs share, and the words of a refusal. Does not: what a CRM says of its fields (`constants` of
its folder), keeping what was chosen (`crm.lifecycle.options`).
"""

import math
from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import TypeVar

from nooks_dagster.failures import Permanent

Value = TypeVar("Value")
Constant = str | bool | int | float

_MOST_SHOWN = 20  # of a picklist
_BOOLEANS = {"true": True, "false": False}


class Unfit(Permanent):
    """A field cannot hold a value on every activity."""


def truth(text: str) -> bool:
    """Read a checkbox.

    Raises:
        ValueError: It is none.
    """
    found = _BOOLEANS.get(text.lower())
    if found is None:
        raise ValueError("true or false")
    return found


def whole(text: str) -> int:
    """Read a whole number.

    Raises:
        ValueError: It is none.
    """
    return _read(int, text, "a whole number")


def number(text: str) -> float:
    """Read a number.

    Raises:
        ValueError: It is none.
    """
    found = _read(float, text, "a number")
    if not math.isfinite(found):
        raise ValueError("a number")
    return found


def day(text: str) -> str:
    """Read a date.

    Raises:
        ValueError: It is none.
    """
    return _read(date.fromisoformat, text, "a date such as 2026-11-29").isoformat()


def moment(text: str) -> str:
    """Read a date with a time and its offset.

    Raises:
        ValueError: It is none.
    """
    told = "a time such as 2026-11-29T08:00:00Z"
    if _read(datetime.fromisoformat, text, told).tzinfo is None:
        raise ValueError(told)
    return text


def chosen(text: str, options: Collection[str], *, many: bool) -> str:
    """Read a value of a picklist, or several with a semicolon between them.

    Raises:
        ValueError: The list has no such value.
    """
    if any(one not in options for one in (text.split(";") if many else [text])):
        more = ", …" if len(options) > _MOST_SHOWN else ""
        raise ValueError(f"one of {', '.join(list(options)[:_MOST_SHOWN])}{more}")
    return text


def fitting(name: str, subject: str, read: Callable[[], Constant]) -> Constant:
    """Return what a reader makes of a value.

    Raises:
        Unfit: The field cannot hold it.
    """
    try:
        return read()
    except ValueError as wanted:
        raise Unfit(f"{name} cannot hold that value: it takes {wanted}.", subject=subject) from None


def _read(read: Callable[[str], Value], text: str, told: str) -> Value:
    try:
        return read(text)
    except ValueError:
        raise ValueError(told) from None
