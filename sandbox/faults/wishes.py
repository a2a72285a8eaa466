"""Faults and alterations as JSON objects: what is wrong with one, in a sentence.

Belongs here: words about what does not fit. Does not: what there is to wish for (`kinds`, the vendors' alterations).
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

_T = TypeVar("_T")


def read_wish(kinds: TypeAdapter[_T], wish: Any, what: str) -> _T:
    """Return what a JSON object describes.

    Args:
        kinds: Reads it.
        wish: The object.
        what: Is described, such as `the rule`.

    Raises:
        ValueError: Nothing is; the sentence says what is wrong where.
    """
    try:
        return kinds.validate_python(wish)
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, item['loc'])) or what}: {item['msg']}" for item in error.errors())
        raise ValueError("; ".join(wrong)) from None
