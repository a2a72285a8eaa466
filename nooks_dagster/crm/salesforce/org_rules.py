"""The rules of an org's own that refuse a task: required fields, validation rules, picklists, triggers, flows.

Belongs here: what each refusal says, and what an administrator does about it. Does not: refusals that are about one
task, or its links (`saved`).

The message of a rule may quote values of records: of it only the name of a trigger is taken, and whether it was a row
that somebody else held, or a limit of Apex that fewer tasks at once would keep.
"""

import re
from collections.abc import Mapping

from nooks_dagster.crm.access.meaning import AGAIN, Meaning
from nooks_dagster.crm.activities import AgainstRule
from nooks_dagster.failures import Transient


class TooManyAtOnce(AgainstRule):
    """Triggers or flows of the org went beyond a limit of theirs, which counts all tasks of a request."""


_GIVE = "or give that field a value: `nooks connections calls … --field NAME=VALUE`."
_REQUIRED = Meaning(
    AgainstRule, "The org wants a value in a field of tasks.", f"Make the field optional in Salesforce, {_GIVE}"
)
_VALIDATION = Meaning(
    AgainstRule,
    "A validation rule of the org refused the task.",
    f"Let the rule (Setup, Object Manager, Task, Validation Rules) pass the connected user, {_GIVE}",
)
_PICKLIST = Meaning(
    AgainstRule,
    "A picklist of the org wants a value, and not this one.",
    f"Add the value in Salesforce, or let the picklist be empty, {_GIVE}",
)
_ACCESS = Meaning(
    AgainstRule,
    "The user may not use a record that the task needs.",
    "Give the connected user access to what tasks belong to: record type, queue, owner.",
)
_DUPLICATE = Meaning(
    AgainstRule, "A duplicate rule of the org refused the task.", "Let the rule pass the connected user."
)
_TRIGGER = Meaning(AgainstRule, "A trigger or flow of the org failed.", "Let who wrote it mend it for the task.")
_LOCKED = Meaning(Transient, "Another transaction held a record that the org's trigger or flow writes.", AGAIN)
_LIMIT = Meaning(
    TooManyAtOnce,
    "A trigger or flow of the org went beyond a limit of Salesforce.",
    "Let who wrote it do its queries and updates once for all tasks of a request.",
)
_BY_CODE: Mapping[str, Meaning] = {
    "REQUIRED_FIELD_MISSING": _REQUIRED,
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": _VALIDATION,
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": _PICKLIST,
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": _ACCESS,
    "DUPLICATES_DETECTED": _DUPLICATE,
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": _TRIGGER,
    "CANNOT_EXECUTE_FLOW_TRIGGER": _TRIGGER,
}
_LIMITS = re.compile(r"LimitException|Too many (?:SOQL|DML|query)|CPU time limit")
_NAME = re.compile(r"((?:\w{1,20}\.)?[A-Za-z]\w{0,79}): execution of (?:Before|After)")


def rule_of(code: str, message: str) -> Meaning | None:
    """Return what a refusal by a rule says, None if it is none; a trigger may have met what passes by itself."""
    found = _BY_CODE.get(code)
    if found is not _TRIGGER:
        return found
    if "UNABLE_TO_LOCK_ROW" in message:
        return _LOCKED
    return _LIMIT if _LIMITS.search(message) else _TRIGGER


def trigger_in(code: str, message: str) -> str:
    """Return the name of the trigger that failed, "" where none is named: an administrator gave it."""
    named = _NAME.search(message) if _BY_CODE.get(code) is _TRIGGER else None
    return named[1] if named else ""
