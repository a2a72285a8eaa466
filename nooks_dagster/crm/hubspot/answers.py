"""What an answer of HubSpot means: the one place where replies become failures with a next step.

Belongs here: reading error bodies (every field optional; HTML of the edge before HubSpot, arrays, nothing at all).
Does not: the words (`meanings`), broken connections (`crm.access.broken`), retries (`crm.access.tries`).

Only codes and names of scopes and properties are taken from a body: the rest may quote values of records.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nooks_dagster.crm.access.json_text import parsed
from nooks_dagster.crm.access.server_clock import retry_in
from nooks_dagster.crm.hubspot.meanings import meaning_of, meaning_of_status
from nooks_dagster.failures import Failure, Transient

_CODE = re.compile(r"[A-Za-z]\w{1,59}")
_SCOPE = re.compile(r"[a-z][a-z0-9._-]{1,80}")
_PROPERTY = re.compile(r"[a-z]\w{0,99}")
_SCOPES = ("requiredGranularScopes", "requiredScopes")
_MOST_NAMED = 8  # of scopes any one often is enough
_NO_CONTENT = 204
_DOCUMENT = ((b"{", b"}"), (b"[", b"]"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever it is; `seconds` is the time until it began to come."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float


def refusal(answer: Answer, subject: str, *, login: bool = False) -> Failure | None:
    """Return what an answer means, or None when it holds what was asked for; 207 does, beside what is missing."""
    good = 200 <= answer.status <= 299
    if answer.status == _NO_CONTENT or (good and _is_document(answer.content)):
        return None
    error = {} if good else _error(answer.content)
    codes = tuple(_codes(error))
    meaning = meaning_of(codes, str(error.get("message", ""))) or meaning_of_status(
        answer.status, login=login, web_page=answer.content[:64].lstrip().startswith(b"<")
    )
    told = ", ".join(dict.fromkeys(codes)) or f"HTTP {answer.status}"
    scopes = list(dict.fromkeys(_scopes(error)))[:_MOST_NAMED]
    named = f" It needs one of: {', '.join(scopes)}." if scopes else ""
    wanting = f" Properties: {', '.join(found)}." if (found := wanted_in(error)) else ""
    return meaning.failure(f"{named}{wanting} ({told})", subject, retry_in(answer.headers))


def wanted_in(error: Mapping[str, Any]) -> Sequence[str]:
    """Return the properties that whoever makes a record must say, as far as an error names them."""
    context = error.get("context")
    found = context.get("properties") if isinstance(context, dict) else None
    names = found if isinstance(found, list) else []
    return sorted({name for name in names if isinstance(name, str) and _PROPERTY.fullmatch(name)})[:_MOST_NAMED]


def _is_document(content: bytes) -> bool:
    """Say whether a body can be JSON, by its ends: whoever parses it finds out about the rest."""
    ends = content[:64].lstrip()[:1], content[-64:].rstrip()[-1:]
    return ends in _DOCUMENT


def _error(content: bytes) -> Mapping[str, Any]:
    try:
        body = parsed(content)
    except Transient:
        return {}
    if isinstance(body, list) and body:
        body = body[0]
    return body if isinstance(body, dict) else {}


def _codes(error: Mapping[str, Any]) -> Iterator[str]:
    """Yield the codes of an error, the most telling first; `status` is one where OAuth answers."""
    told = [error.get(name) for name in ("policyName", "category", "errorType", "error")]
    told += [detail.get("code") for detail in _details(error)]
    told += [error.get("status")] if error.get("status") != "error" else []
    yield from (code for code in told if isinstance(code, str) and _CODE.fullmatch(code))


def _scopes(error: Mapping[str, Any]) -> Iterator[str]:
    for detail in (error, *_details(error)):
        context = detail.get("context")
        for name in _SCOPES:
            found = context.get(name) if isinstance(context, dict) else None
            if isinstance(found, list):
                yield from (scope for scope in found if isinstance(scope, str) and _SCOPE.fullmatch(scope))


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("errors")
    return [detail for detail in details if isinstance(detail, dict)] if isinstance(details, list) else []
