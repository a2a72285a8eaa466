"""What an answer of Salesforce means: the one place where replies become failures with a next step.

Belongs here: reading error bodies (REST arrays, OAuth objects, SOAP faults, HTML, nothing at all).
Does not: the words (`meanings`), broken connections (`lines`), retries (`crm.access.tries`).

Only codes, and names of objects and fields, are taken from a body: the rest may quote values of records.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import requests

from nooks_dagster.crm.access.server_clock import retry_in
from nooks_dagster.crm.salesforce.meanings import meaning_of, meaning_of_status
from nooks_dagster.failures import Failure

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
    return meaning.failure(f"{detail} ({told})", subject, retry_in(response.headers))


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
