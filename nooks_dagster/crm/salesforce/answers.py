"""What an answer of Salesforce means: the one place where replies become failures with a next step.

Belongs here: reading error bodies (REST arrays, OAuth objects, SOAP faults, HTML, nothing at all).
Does not: the words (`meanings`), broken connections (`lines`), retries (`tries`).

Only codes, and names of objects and fields, are taken from a body: the rest may quote values of records.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from nooks_dagster.crm.salesforce.meanings import meaning_of, meaning_of_status
from nooks_dagster.failures import Failure, Transient

_COLUMN = re.compile(r"No such column '(\w+)' on entity '(\w+)'")
_FAULT = re.compile(r"<(?:\w+:)?exceptionCode>(?:\w+:)?(\w+)</")
_CODE = re.compile(r"\w{1,60}")


@dataclass(frozen=True, slots=True)
class _Complaint:
    code: str
    message: str


def refusal(response: requests.Response, subject: str) -> Failure | None:
    """Return what an answer means, or None when it holds what was asked for."""
    if response.ok and (response.is_redirect or not _is_web_page(response)):
        return None
    complaint = _complaint(response)
    meaning = meaning_of(complaint.code, complaint.message) or meaning_of_status(response.status_code)
    column = _COLUMN.search(complaint.message)
    detail = f" Field {column[2]}.{column[1]}." if column else ""
    told = complaint.code or f"HTTP {response.status_code}"
    what = f"{meaning.what}{detail} ({told})"
    if issubclass(meaning.kind, Transient):
        return meaning.kind(what, subject=subject, next_step=meaning.next_step, retry_in=_retry_in(response))
    return meaning.kind(what, subject=subject, next_step=meaning.next_step)


def _complaint(response: requests.Response) -> _Complaint:
    body: Any = None
    with suppress(ValueError):
        body = response.json()
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict):
        code = body.get("errorCode") or body.get("error") or ""
        message = body.get("message") or body.get("error_description") or ""
        return _Complaint(code if _CODE.fullmatch(str(code)) else "", str(message))
    fault = _FAULT.search(response.text[:20_000])
    return _Complaint(fault[1] if fault else "", "")


def _is_web_page(response: requests.Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower()


def _retry_in(response: requests.Response) -> timedelta | None:
    """Return the wait that Retry-After asks for, in seconds or until a time on the server's own clock."""
    asked = response.headers.get("Retry-After", "").strip()
    if asked.isdigit():
        return timedelta(seconds=int(asked))
    with suppress(ValueError, KeyError):
        until = parsedate_to_datetime(asked).astimezone(UTC)
        wait = until - parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
        return max(wait, timedelta(0))
    return None
