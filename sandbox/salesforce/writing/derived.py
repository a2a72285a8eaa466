"""The fields that Salesforce works out of others when a record is saved.

Belongs here: one rule per such field. Does not: what clients may write (`writer`), roll-ups (`rollups`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from sandbox.salesforce.ids import to15
from sandbox.salesforce.org import JsonValue, SObjectType
from sandbox.salesforce.writing.draft import Draft

Values = Mapping[str, JsonValue]

DEFAULTS: Mapping[str, Values] = {
    "Task": {"Status": "Not Started", "Priority": "Normal", "TaskSubtype": "Task"},
    "Lead": {"Status": "Open - Not Contacted"},
    "Opportunity": {"ForecastCategory": "Pipeline"},
}
"""What new records of an object have where the client says nothing."""


@dataclass(frozen=True, slots=True)
class Derived:
    """A field, those it hangs on, and its value as they are in a request."""

    name: str
    of: tuple[str, ...]
    make: Callable[[Values, Draft], JsonValue]


@cache
def derived(sobject: SObjectType) -> tuple[Derived, ...]:
    """Return the rules of an object for the fields that it has."""
    names = {field.name for field in sobject.fields}
    rules = [*_OF.get(sobject.name, ()), *_addresses(sobject)]
    return tuple(rule for rule in rules if {rule.name, *rule.of} <= names)


def _addresses(sobject: SObjectType) -> list[Derived]:
    found = []
    for whole in (field for field in sobject.fields if field.type == "address"):
        parts = tuple(field.name for field in sobject.fields if field.compound_field_name == whole.name)
        found.append(Derived(whole.name, parts, _address(whole.name.removesuffix("Address"), parts)))
    return found


def _address(prefix: str, parts: tuple[str, ...]) -> Callable[[Values, Draft], JsonValue]:
    keys = {part: part.removeprefix(prefix) for part in parts}

    def make(values: Values, _: Draft) -> JsonValue:
        texts = {key[:1].lower() + key[1:]: values[part] for part, key in keys.items()}
        return {key: str(text) if text else None for key, text in texts.items()} if any(texts.values()) else None

    return make


def _completed_at(values: Values, draft: Draft) -> JsonValue:
    return (values["CompletedDateTime"] or draft.moment) if values["Status"] == "Completed" else None


def _minutes(values: Values, _: Draft) -> JsonValue:
    seconds = values["CallDurationInSeconds"]
    return None if not isinstance(seconds, int) else round(seconds / 60, 2)


def _account(values: Values, draft: Draft) -> JsonValue:
    """Return the account of what a task is about, or else of whom it is with."""
    for given, objects in (("WhatId", ("Account", "Opportunity")), ("WhoId", ("Contact",))):
        id15 = to15(str(values[given]))
        for name in (each for each in objects if id15 and each in draft.living.tables):
            row = draft.row(name, id15 or "")
            if row is not None:
                return values[given] if name == "Account" else draft.values(name, row, ["AccountId"])["AccountId"]
    return None


def _full_name(values: Values, _: Draft) -> JsonValue:
    return " ".join(str(part) for part in (values["FirstName"], values["LastName"]) if part)


_NAME = Derived("Name", ("FirstName", "LastName"), _full_name)

_OF: Mapping[str, tuple[Derived, ...]] = {
    "Task": (
        Derived("IsClosed", ("Status",), lambda values, _: values["Status"] == "Completed"),
        Derived("IsHighPriority", ("Priority",), lambda values, _: values["Priority"] == "High"),
        Derived("CompletedDateTime", ("Status", "CompletedDateTime"), _completed_at),
        Derived("AccountId", ("WhoId", "WhatId"), _account),
        Derived("Minutes__c", ("CallDurationInSeconds",), _minutes),
    ),
    "Contact": (_NAME,),
    "Lead": (_NAME,),
    "User": (_NAME,),
}
