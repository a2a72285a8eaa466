"""Terms: what a vendor's contract would say, changed on the command line one by one.

Belongs here: reading them from `name=value`. Does not: the terms themselves (each vendor's).
"""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any, TypeVar

Terms = TypeVar("Terms", bound=Any)


def changed(terms: Terms, pairs: Iterable[str], kind: str) -> Terms:
    """Return a dataclass of terms with some changed, each written as `page_rows=1000`.

    Args:
        terms: The terms as they are; a value takes the type of the one that it replaces.
        pairs: The changes.
        kind: What the terms are of, for the sentence of a refusal.

    Raises:
        ValueError: There is no such term, or its value cannot be; the sentence names it.
    """
    names, changes = [field.name for field in fields(terms)], dict[str, Any]()
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in names:
            raise ValueError(f"there is no {kind} term {name!r}; there are {', '.join(names)}")
        try:
            changes[name] = type(getattr(terms, name))(value)
        except ValueError:
            raise ValueError(f"the {kind} term {name} is a number, and {value!r} is none") from None
    return replace(terms, **changes)
