"""What Salesforce says of each record that it was to save: a 200 holds failures too.

Belongs here: reading one result. Does not: the words that queries meet too (`meanings`), sending (`writing`).

Only codes and names of fields are taken: the message may quote values of records.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.salesforce.meanings import meaning_of
from nooks_dagster.failures import Corrupt, Failure, Permanent, QuotaExhausted, Transient

LINKS = ("WhoId", "WhatId", "OwnerId")
_WORD = re.compile(r"\w{1,80}")

_LOCKED = Meaning(Transient, "Another transaction held a record that the task belongs to.", AGAIN)
_TWICE = Meaning(Transient, "Another request wrote the same task at the same time.", AGAIN)
_TRIGGER = Meaning(Transient, "A trigger or flow of the org failed.", AGAIN)  # often over a row that was locked
_AMBIGUOUS = Meaning(
    Permanent, "More than one task has this call's id.", "Make Nooks_Call_Id__c unique, and delete all but one of them."
)
_FULL = Meaning(QuotaExhausted, "The org's data storage is full.", "Free some; the calls wait meanwhile.")
_BY_CODE: Mapping[str, Meaning] = {
    "UNABLE_TO_LOCK_ROW": _LOCKED,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _TRIGGER,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _TRIGGER,
    "DUPLICATE_VALUE": _TWICE,
    "DUPLICATE_EXTERNAL_ID": _AMBIGUOUS,
    "STORAGE_LIMIT_EXCEEDED": _FULL,
}
_REJECTED = Meaning(Permanent, "Salesforce rejected the task.", "Look at the org's rules for tasks.")

# The contact, account or owner is gone, merged or out of the user's sight: the call is logged without it. The last is
# said of fields that are set once only, and of such that this user may not write.
_DROPPABLE = {
    "INVALID_CROSS_REFERENCE_KEY",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
    "ENTITY_IS_DELETED",
    "INACTIVE_OWNER_OR_USER",
    "FIELD_INTEGRITY_EXCEPTION",
    "MALFORMED_ID",
    "INVALID_FIELD_FOR_INSERT_UPDATE",
}


@dataclass(frozen=True, slots=True)
class Saved:
    """One record's result: its id, or what was wrong with it, and which fields it may be saved without."""

    record: str = ""
    failure: Failure | None = None
    without: frozenset[str] = frozenset()


def saved(body: Any, wanted: int, subject: str) -> Sequence[Saved]:
    """Return the result of each record of a request, in its order.

    Raises:
        Corrupt: The answer is not one result for each.
    """
    if not isinstance(body, list) or len(body) != wanted or not all(isinstance(one, dict) for one in body):
        raise Corrupt("The answer has not one result for each task.", subject=subject)
    return [_saved(one, subject) for one in body]


def _saved(result: Mapping[str, Any], subject: str) -> Saved:
    if result.get("success") and result.get("id"):
        return Saved(record=str(result["id"]))
    errors = [error for error in result.get("errors") or () if isinstance(error, dict)]
    code, message = next(((_word(e.get("statusCode")), str(e.get("message") or "")) for e in errors), ("", ""))
    fields = [name for error in errors for name in error.get("fields") or () if _word(name)]
    meaning = _BY_CODE.get(code) or meaning_of(code, message) or _REJECTED
    named = f" Fields: {', '.join(fields[:8])}." if fields else ""
    failure = meaning.failure(f"{named} ({code or 'no code'})", subject)
    return Saved(failure=failure, without=frozenset(fields or LINKS) if code in _DROPPABLE else frozenset())


def _word(text: Any) -> str:
    return text if isinstance(text, str) and _WORD.fullmatch(text) else ""
