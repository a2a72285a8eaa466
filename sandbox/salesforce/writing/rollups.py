"""What a completed task does to the records that it is about: their day of last activity.

Belongs here: which records, and the day. Does not: fields of the task itself (`derived`).

The day is a change by an automation: it moves SystemModstamp, not LastModifiedDate.
"""

from collections.abc import Iterator, Mapping

from sandbox.salesforce.ids import to15
from sandbox.salesforce.living.row import Changed
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.writing.draft import Draft
from sandbox.salesforce.writing.references import target_of

_DAY = "LastActivityDate"
_PARENTS = ("WhoId", "WhatId", "AccountId")

Values = Mapping[str, JsonValue]


def need_locks(draft: Draft, sobject: SObjectType, before: Changed | None, values: Values) -> None:
    """Make sure that nobody else is writing to what a task is about: Salesforce locks those records with it.

    Args:
        draft: The request.
        sobject: The object that is written; all but tasks are about nothing.
        before: The record as it was, None if there was none.
        values: What is written of it.

    Raises:
        Refusal: Somebody is.
    """
    for _, id15 in _parents(draft, sobject, before, values):
        draft.need_lock(id15)


def roll_up(draft: Draft, sobject: SObjectType, before: Changed | None, values: Values) -> None:
    """Let what a task is about know of it; the arguments are those of `need_locks`."""
    for name, id15 in _parents(draft, sobject, before, values):
        task = _task(draft, before, values, ("IsClosed", "ActivityDate"))
        row = draft.row(name, id15)
        if row is None or row.deleted or not task["IsClosed"] or not task["ActivityDate"]:
            continue
        day, last = str(task["ActivityDate"]), draft.values(name, row, [_DAY])[_DAY]
        if str(last or "") < day:
            draft.change(name, row, {_DAY: day})


def _parents(draft: Draft, sobject: SObjectType, before: Changed | None, values: Values) -> Iterator[tuple[str, str]]:
    """Yield object and id of each record that a task is about and that has such a day."""
    if sobject.name != "Task":
        return
    task = _task(draft, before, values, _PARENTS)
    for field in (each for each in sobject.fields if each.name in _PARENTS):
        id15 = to15(str(task[field.name]))
        name = target_of(draft, field, id15) if id15 else None
        if id15 and name and any(each.name == _DAY for each in draft.living.sobject(name).fields):
            yield name, id15


def _task(draft: Draft, before: Changed | None, values: Values, names: tuple[str, ...]) -> dict[str, JsonValue]:
    there = [name for name in names if name not in values]
    known = dict.fromkeys(there) if before is None or not there else draft.values("Task", before, there)
    return {**known, **{name: values[name] for name in names if name in values}}
