"""What HubSpot says of each input of a batch: a 207 names those that failed beside those that did not.

Belongs here: reading results and errors. Does not: sending (`writing`, `call_links`), the words (`meanings`).

Only codes are taken from an error: its message may quote values of records.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.hubspot.meanings import meaning_of
from nooks_dagster.failures import Corrupt, Failure, Permanent, RateLimited, Transient

_CODE = re.compile(r"[A-Za-z]\w{1,59}")
_TRACE = "objectWriteTraceId"
_BY_CATEGORY: Mapping[str, Meaning] = {
    "VALIDATION_ERROR": Meaning(
        Permanent, "HubSpot rejected the call.", "Look at the properties of calls: one may want a value."
    ),
    "CONFLICT": Meaning(Transient, "Another request wrote the same call at the same time.", AGAIN),
    "RATE_LIMITS": Meaning(RateLimited, "HubSpot asked to slow down.", AGAIN),
}
_NOT_NOW = Meaning(Transient, "HubSpot did not write the call.", AGAIN)
"""HubSpot lists no categories of single inputs: what we do not know is tried as often as a call may be."""


def written(body: Any, key: str, subject: str) -> Mapping[str, str]:
    """Return the ids of the records that were written, each by the unique property's value.

    Raises:
        Corrupt: The answer has no results.
    """
    try:
        results = [(one.get(_TRACE) or one["properties"][key], one["id"]) for one in body["results"]]
    except (TypeError, LookupError, AttributeError):
        raise Corrupt("The answer is no list of results.", subject=subject) from None
    return {str(value): str(record) for value, record in results}


def refused(body: Any, subject: str) -> Mapping[str, Failure]:
    """Return why inputs were not written, by the trace that each was sent with."""
    return {str(trace): failure(error, subject) for error in errors_in(body) for trace in _context(error, _TRACE)}


def missing(body: Any) -> set[str]:
    """Return the ids of records that an answer says are not there."""
    gone = (error for error in errors_in(body) if error.get("category") == "OBJECT_NOT_FOUND")
    return {str(record) for error in gone for name in ("ids", "toObjectId") for record in _context(error, name)}


def errors_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the errors of an answer."""
    errors = body.get("errors") if isinstance(body, dict) else None
    yield from (error for error in errors or () if isinstance(error, dict))


def failure(error: Mapping[str, Any], subject: str) -> Failure:
    """Return what one error means."""
    category = str(error.get("category") or "")
    details = [detail for detail in error.get("errors") or () if isinstance(detail, dict)]
    codes = tuple(code for code in (category, *(str(one.get("code")) for one in details)) if _CODE.fullmatch(code))
    meaning = _BY_CATEGORY.get(category) or meaning_of(codes, "") or _NOT_NOW
    return meaning.failure(f" ({', '.join(dict.fromkeys(codes)) or 'no code'})", subject)


def _context(error: Mapping[str, Any], name: str) -> list[Any]:
    context = error.get("context")
    found = context.get(name) if isinstance(context, dict) else None
    return found if isinstance(found, list) else [found] if found else []
