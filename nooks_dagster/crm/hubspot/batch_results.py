"""What HubSpot says of each input of a batch: a 207 names those that failed beside those that did not.

Belongs here: reading results and errors. Does not: sending (`writing`, `call_links`), the words (`meanings`).

Only codes, ids, and names of properties are taken from an error: its message may quote values of records.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.activities import AgainstRule
from nooks_dagster.crm.hubspot.answers import wanted_in
from nooks_dagster.crm.hubspot.meanings import WANTING, meaning_of
from nooks_dagster.failures import Corrupt, Failure, RateLimited, Transient

_CODE = re.compile(r"[A-Za-z]\w{1,59}")
_NAMED = re.compile(r'"name":"(\w{1,100})"')  # within the list of reasons that a message has
_MOST_NAMED = 8
_TRACE = "objectWriteTraceId"
_IDS = ("ids", "id", "objectId", "fromObjectId", "toObjectId")
_BY_CATEGORY: Mapping[str, Meaning] = {
    "VALIDATION_ERROR": Meaning(
        AgainstRule, "HubSpot rejected the call.", "Look at the properties of calls: one may want a value, or another."
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
    if not isinstance(body, dict) or not isinstance(body.get("results"), list):
        raise Corrupt("The answer is no list of results.", subject=subject)
    keys = {
        str(one.get("id") or ""): one.get(_TRACE) or (one.get("properties") or {}).get(key) for one in results_in(body)
    }
    return {str(value): record for record, value in keys.items() if record and value}


def refused(body: Any, subject: str) -> Mapping[str, Failure]:
    """Return why inputs were not written, by the trace or id that each was sent with."""
    return {named: failure(error, subject) for error in errors_in(body) for named in _inputs_of(error)}


def faults(body: Any) -> Mapping[str, frozenset[str]]:
    """Return the properties that inputs were not written for, as far as they are named, by the trace or id of each."""
    return {named: _properties(error) for error in errors_in(body) for named in _inputs_of(error)}


def missing(body: Any) -> set[str]:
    """Return the ids of records that an answer says are not there."""
    return {record for error in errors_in(body) if _is_of_missing(error) for record in ids_in(error)}


def ids_in(error: Mapping[str, Any]) -> set[str]:
    """Return the ids of records that an error is about."""
    return {str(record) for name in _IDS for record in _context(error, name)}


def results_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the results of an answer."""
    results = body.get("results") if isinstance(body, dict) else None
    yield from (one for one in results or () if isinstance(one, dict))


def errors_in(body: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the errors of an answer."""
    errors = body.get("errors") if isinstance(body, dict) else None
    yield from (error for error in errors or () if isinstance(error, dict))


def failure(error: Mapping[str, Any], subject: str) -> Failure:
    """Return what one error means."""
    category = str(error.get("category") or "")
    details = [detail for detail in error.get("errors") or () if isinstance(detail, dict)]
    codes = tuple(code for code in (category, *(str(one.get("code")) for one in details)) if _CODE.fullmatch(code))
    wanted = wanted_in(error)
    meaning = WANTING if wanted else _BY_CATEGORY.get(category) or meaning_of(codes, "") or _NOT_NOW
    names = wanted or [name for name in sorted(_properties(error)) if _CODE.fullmatch(name)][:_MOST_NAMED]
    named = f" Properties: {', '.join(names)}." if names else ""
    return meaning.failure(f"{named} ({', '.join(dict.fromkeys(codes)) or 'no code'})", subject)


def _inputs_of(error: Mapping[str, Any]) -> set[str]:
    return {str(trace) for trace in _context(error, _TRACE)} or ids_in(error)


def _is_of_missing(error: Mapping[str, Any]) -> bool:
    told = (error.get("category"), error.get("subCategory"))
    return any(str(word).endswith("OBJECT_NOT_FOUND") for word in told) or bool(_context(error, "INVALID_OBJECT_IDS"))


def _properties(error: Mapping[str, Any]) -> frozenset[str]:
    details = [detail for detail in error.get("errors") or () if isinstance(detail, dict)]
    named = [str(name) for one in (error, *details) for name in _context(one, "propertyName")]
    return frozenset(named or _NAMED.findall(str(error.get("message") or "")))


def _context(error: Mapping[str, Any], name: str) -> list[Any]:
    context = error.get("context")
    found = context.get(name) if isinstance(context, dict) else None
    return found if isinstance(found, list) else [found] if found else []
