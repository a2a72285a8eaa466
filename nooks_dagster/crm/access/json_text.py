"""JSON of a CRM as Python values.

Belongs here: the parser for what any answer may hold. Does not: the fast way into Arrow (each connector).
"""

import json
from typing import Any

from pydantic_core import from_json

from nooks_dagster.crm.access.meaning import AGAIN
from nooks_dagster.failures import Transient


def parsed(text: str | bytes) -> Any:
    """Return what a text says; half a surrogate pair, which users can store, takes the slow parser.

    Raises:
        Transient: It is not JSON: it was cut, or something between the two ends wrote it.
    """
    try:
        return from_json(text)
    except ValueError:
        try:
            return json.loads(text)
        except ValueError:
            raise Transient("The answer is not JSON.", next_step=AGAIN) from None


def as_text(value: Any) -> str | None:
    """Return text; half a surrogate pair, which UTF-8 cannot hold, becomes U+FFFD, structures become JSON."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
