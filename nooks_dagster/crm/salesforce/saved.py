"""What Salesforce says of each record that it was to save: a 200 holds failures too.

Belongs here: reading one result, and which fields are at fault. Does not: the words that queries meet too
(`meanings`), the org's own rules (`org_rules`), what is sent again without a field (`resending`), sending (`writing`).

Only codes and names of fields and triggers are taken: the message may quote values of records.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.salesforce.meanings import meaning_of
from nooks_dagster.crm.salesforce.org_rules import rule_of, trigger_in
from nooks_dagster.failures import Corrupt, Failure, Permanent, QuotaExhausted, Transient

LINKS = ("WhoId", "WhatId", "OwnerId")
_WORD = re.compile(r"\w{1,80}")
_WORDS = re.compile(r"\w+")

_LOCKED = Meaning(Transient, "Another transaction held a record that the task belongs to.", AGAIN)
_TWICE = Meaning(Transient, "Another request wrote the same task at the same time.", AGAIN)
_DELETED = Meaning(Transient, "The task was deleted while it was written.", AGAIN)
_LONGER = Meaning(Transient, "A text is longer than its field, which was described as longer.", AGAIN)
_AMBIGUOUS = Meaning(
    Permanent, "More than one task has this call's id.", "Make Nooks_Call_Id__c unique, and delete all but one of them."
)
_FULL = Meaning(QuotaExhausted, "The org's data storage is full.", "Free some; the calls wait meanwhile.")
_BY_CODE: Mapping[str, Meaning] = {
    "UNABLE_TO_LOCK_ROW": _LOCKED,
    "ENTITY_IS_DELETED": _DELETED,
    "STRING_TOO_LONG": _LONGER,
    "DUPLICATE_VALUE": _TWICE,
    "DUPLICATE_EXTERNAL_ID": _AMBIGUOUS,
    "STORAGE_LIMIT_EXCEEDED": _FULL,
}
_REJECTED = Meaning(Permanent, "Salesforce rejected the task.", "Look at the org's rules for tasks.")

# The contact, account or owner is gone, merged, converted or out of the user's sight: the call is logged without it.
# Salesforce names the field of some of these; of others it says the id at most.
_OF_LINKS: Mapping[str, Sequence[str]] = {
    "INVALID_CROSS_REFERENCE_KEY": LINKS,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": LINKS,
    "ENTITY_IS_DELETED": LINKS,
    "FIELD_INTEGRITY_EXCEPTION": LINKS,
    "FIELD_FILTER_VALIDATION_EXCEPTION": LINKS,
    "MALFORMED_ID": LINKS,
    "CANNOT_UPDATE_CONVERTED_LEAD": ("WhoId",),
    "INACTIVE_OWNER_OR_USER": ("OwnerId",),
    "TRANSFER_REQUIRES_READ": ("OwnerId",),
}
# The field is set once only, or not this user's to write, is gone, or takes other values only.
_OF_FIELDS = {"INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_FIELD", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"}
# What every task would meet, if the org is not as it was described any more.
_OF_SETUP = {
    *("INVALID_FIELD_FOR_INSERT_UPDATE", "INVALID_FIELD", "INVALID_TYPE", "NOT_FOUND", "STRING_TOO_LONG"),
    *("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY"),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """One record's result: its id, or what was wrong with it.

    Attributes:
        record: The id.
        created: Whether it was not there before.
        failure: Why it was not saved.
        faults: The fields that it may be saved without, as far as they are named.
        suspects: Those of which one is at fault, where none is named.
        of_setup: Whether the org may not be as it was described any more.
    """

    record: str = ""
    failure: Failure | None = None
    faults: frozenset[str] = frozenset()
    suspects: Sequence[str] = ()
    of_setup: bool = False
    created: bool = False


def saved(body: Any, records: Sequence[Mapping[str, Any]], subject: str) -> Sequence[Saved]:
    """Return the result of each record of a request, in its order.

    Raises:
        Corrupt: The answer is not one result for each.
    """
    if not isinstance(body, list) or len(body) != len(records) or not all(isinstance(one, dict) for one in body):
        raise Corrupt("The answer has not one result for each task.", subject=subject)
    return [_saved(one, record, subject) for one, record in zip(body, records, strict=True)]


def _saved(result: Mapping[str, Any], record: Mapping[str, Any], subject: str) -> Saved:
    if result.get("success") and result.get("id"):
        return Saved(record=str(result["id"]), created=bool(result.get("created")))
    errors = [error for error in result.get("errors") or () if isinstance(error, dict)]
    code, message = next(((_word(e.get("statusCode")), str(e.get("message") or "")) for e in errors), ("", ""))
    fields = [name for error in errors for name in error.get("fields") or () if _word(name)]
    meaning = _BY_CODE.get(code) or rule_of(code, message) or meaning_of(code, message) or _REJECTED
    trigger = f" Trigger: {found}." if (found := trigger_in(code, message)) else ""
    named = f" Fields: {', '.join(sorted(set(fields))[:8])}." if fields else ""
    failure = meaning.failure(f"{trigger}{named} ({code or 'no code'})", subject)
    faults = frozenset(fields) & record.keys() or frozenset(_told(code, message, record))
    droppable = code in _OF_LINKS or code in _OF_FIELDS
    suspects = [name for name in _OF_LINKS.get(code, ()) if record.get(name)]
    return Saved("", failure, faults if droppable else frozenset(), suspects, code in _OF_SETUP)


def _told(code: str, message: str, record: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that a message is about: it has their names, or the ids that they hold."""
    if code in _OF_FIELDS:
        yield from record.keys() & set(_WORDS.findall(message))
    elif code in _OF_LINKS:
        yield from (name for name in LINKS if record.get(name) and str(record[name])[:15] in message)


def _word(text: Any) -> str:
    return text if isinstance(text, str) and _WORD.fullmatch(text) else ""
