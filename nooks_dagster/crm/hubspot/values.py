"""Texts as typed columns: at once where all values are of the type, else one by one.

Belongs here: what survives its type. Does not: which column has which type (`describe`), what becomes of the others.

A cleared property may come as an empty text: it has no value, unless it is a text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from nooks_dagster.crm.model import FieldType

pc: Any = pyarrow.compute  # its functions are made when it is imported, so type checkers see none of them

_WHOLE = r"^-?[0-9]{1,18}$"
_DIGITS = 15  # a double keeps so many decimal digits of any number
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = {  # Postgres spells the years before in another way
    FieldType.DATE: date(1, 1, 1),
    FieldType.TIMESTAMP: datetime(1, 1, 1, tzinfo=UTC),
}


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed column; it is null where its text is unreadable: not of that type, or too long for it."""

    array: pa.Array
    unreadable: tuple[int, ...] = ()


def typed(kind: FieldType, texts: pa.Array) -> Typed:
    """Return texts as values of a type."""
    if kind is FieldType.TEXT:
        return Typed(texts)
    try:
        return _at_once(kind, texts)
    except pa.ArrowInvalid:
        texts = pc.if_else(pc.equal(texts, ""), None, texts)
    try:
        return _at_once(kind, texts)
    except pa.ArrowInvalid:
        return _one_by_one(kind, texts)


def _at_once(kind: FieldType, texts: pa.Array) -> Typed:
    if texts.null_count == len(texts):
        return Typed(pa.nulls(len(texts), kind.arrow))
    return _AT_ONCE[kind](texts)


def _one_by_one(kind: FieldType, texts: pa.Array) -> Typed:
    read = _ONE[kind]
    values = [None if text is None else read(text) for text in texts.to_pylist()]
    lost = [place for place, value in enumerate(values) if value is None and texts[place].is_valid]
    return Typed(pa.array(values, kind.arrow), tuple(lost))


def _booleans(texts: pa.Array) -> Typed:
    return Typed(texts.cast(pa.bool_()))


def _integers(texts: pa.Array) -> Typed:
    if not pc.all(pc.match_substring_regex(texts, _WHOLE)).as_py():
        raise pa.ArrowInvalid("not whole")
    return Typed(texts.cast(pa.int64()))


def _numbers(texts: pa.Array) -> Typed:
    array = texts.cast(pa.float64())
    doubtful = pc.invert(pc.is_finite(array))
    if pc.max(pc.binary_length(texts)).as_py() > _DIGITS:
        other = pc.not_equal(array.cast(pa.string()), texts)
        doubtful = pc.or_(doubtful, pc.and_(pc.greater(pc.binary_length(texts), _DIGITS), other))
    places = np.flatnonzero(pc.fill_null(doubtful, False).to_numpy(zero_copy_only=False))
    return _without(array, [int(place) for place in places if _number(texts[place].as_py()) is None])


def _moments(kind: FieldType) -> Callable[[pa.Array], Typed]:
    first = pa.scalar(_FIRST[kind], kind.arrow)

    def convert(texts: pa.Array) -> Typed:
        array = texts.cast(kind.arrow)
        if pc.any(pc.less(array, first)).as_py():
            raise pa.ArrowInvalid("before the first year")
        return Typed(array)

    return convert


def _without(array: pa.Array, places: list[int]) -> Typed:
    if not places:
        return Typed(array)
    lost = np.zeros(len(array), dtype=bool)
    lost[places] = True
    return Typed(pc.if_else(pa.array(lost), None, array), tuple(places))


def _boolean(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())


def _integer(text: str) -> int | None:
    number = _decimal(text)
    if number is None or number.adjusted() > _DIGITS + 2 or number != number.to_integral_value():
        return None
    return int(number)


def _number(text: str) -> float | None:
    """Return a number if a double holds all its digits: 0.29411764705882354 is one, nine more digits are none."""
    number = _decimal(text)
    if number is None or abs(number.adjusted()) > 300:
        return None
    return value if Decimal(repr(value := float(number))) == number else None


def _decimal(text: str) -> Decimal | None:
    if not text.isascii() or "_" in text:  # Python's own spellings
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _timestamp(text: str) -> datetime | None:
    return _milliseconds(text) or _moment(FieldType.TIMESTAMP, text)


def _date(text: str) -> date | None:
    """Return a day; the API's older spelling of it is the midnight in UTC at which it begins."""
    midnight = _milliseconds(text)
    if midnight is not None:
        return midnight.date() if midnight.timestamp() % 86_400 == 0 else None
    day: date | None = _moment(FieldType.DATE, text)
    return day


def _moment(kind: FieldType, text: str) -> Any:
    try:
        value = pa.scalar(text).cast(kind.arrow).as_py()
    except (pa.ArrowInvalid, ValueError, OverflowError):
        return None
    return value if value >= _FIRST[kind] else None


def _milliseconds(text: str) -> datetime | None:
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= _DIGITS):
        return None
    try:
        return _EPOCH + timedelta(milliseconds=int(text))
    except OverflowError:
        return None


_AT_ONCE: Mapping[FieldType, Callable[[pa.Array], Typed]] = {
    FieldType.BOOLEAN: _booleans,
    FieldType.INTEGER: _integers,
    FieldType.NUMBER: _numbers,
    FieldType.DATE: _moments(FieldType.DATE),
    FieldType.TIMESTAMP: _moments(FieldType.TIMESTAMP),
}
_ONE: Mapping[FieldType, Callable[[str], Any]] = {
    FieldType.BOOLEAN: _boolean,
    FieldType.INTEGER: _integer,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.TIMESTAMP: _timestamp,
}
