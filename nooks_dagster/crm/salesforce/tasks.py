"""A call as a Task: which field says what, cut to what the org's fields hold.

Belongs here: values, and what the describe says of Task. Does not: sending them (`writing`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from nooks_dagster.crm.activities import Activity, CallResult, Constants, Links, Readiness

TASK = "Task"
KEY = "Nooks_Call_Id__c"
"""The field that tells our tasks apart. Task has no fields of its own: Activity has them."""

OF_THE_CALL = frozenset(
    (
        *(KEY, "TaskSubtype", "Status", "Subject", "Description", "ActivityDate", "CallType", "CallDurationInSeconds"),
        *("CallDisposition", "CallObject", "WhoId", "WhatId", "OwnerId"),
    )
)
"""What a call says of itself."""

_HELD_BY = {"WhoId": ("contact", "lead"), "WhatId": ("account", "opportunity"), "OwnerId": ("owner",)}

_MAKE_FIELD = (
    "Setup, Object Manager, Activity, Fields & Relationships, New: type Text, label and name Nooks Call Id, length 64, "
    "with `Unique` and `External ID`; make it visible and editable for the profile of the connected user. It is "
    "noticed within the hour, or when you connect again"
)
_RESULTS: Mapping[CallResult, str] = {
    CallResult.CONNECTED: "Connected",
    CallResult.LIVE_MESSAGE: "Left live message",
    CallResult.VOICEMAIL: "Left voicemail",
    CallResult.NO_ANSWER: "No answer",
    CallResult.BUSY: "Busy",
    CallResult.WRONG_NUMBER: "Wrong number",
}


@dataclass(frozen=True, slots=True)
class TaskShape:
    """What an org's Task takes: the length of each field that may be written, 0 where there is none."""

    readiness: Readiness
    lengths: Mapping[str, int]

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> "TaskShape":
        """Read the describe of Task."""
        fields = {str(field["name"]): field for field in described["fields"]}
        writable = {name: int(field.get("length") or 0) for name, field in fields.items() if _may(field, "createable")}
        return cls(_readiness(described, fields.get(KEY)), writable)


def task(activity: Activity, shape: TaskShape, constants: Constants) -> dict[str, Any]:
    """Return the fields of a task; what is not known is left as it is there, what is not so any more is taken back.

    A link that is there because of us is not written again.

    A date has no time zone in Salesforce, so it is the day on which the owner made the call.
    """
    links = activity.links
    values = {
        **constants,
        KEY: activity.key,
        "TaskSubtype": "Call",
        "Status": "Completed",
        "Subject": activity.subject,
        "Description": activity.body,
        "ActivityDate": activity.began.astimezone(_zone(links.time_zone)).date().isoformat(),
        "CallType": "Inbound" if activity.inbound else "Outbound",
        "CallDurationInSeconds": round(activity.lasted.total_seconds()),
        "CallDisposition": _RESULTS[activity.result],
        "CallObject": activity.key,
        "WhoId": _changed(_who(links), _who(activity.before)),
        "WhatId": _changed(_what(links), _what(activity.before)),
        "OwnerId": links.owner if links.owner != activity.before.owner else "",
    }
    fitting = {name: _cut(value, shape.lengths[name]) for name, value in values.items() if name in shape.lengths}
    return {"attributes": {"type": TASK}, **{name: value for name, value in fitting.items() if value != ""}}


def left(activity: Activity, sent: Mapping[str, Any]) -> frozenset[str]:
    """Return the links that are new, and were not among the fields that Salesforce took."""
    now, before = activity.links, activity.before
    names = (name for link, of_it in _HELD_BY.items() if link not in sent for name in of_it)
    return frozenset(name for name in names if getattr(now, name) != getattr(before, name))


def _changed(now: str, before: str) -> str | None:
    """Return an id that is to be written, None if it is to be taken off, "" if it is left as a rep may have it."""
    return "" if now == before else now or None


def _who(links: Links) -> str:
    return links.contact or links.lead


def _what(links: Links) -> str:
    """Return what a task is about: one of a lead may be about nothing, for a lead has no account yet."""
    return "" if links.lead and not links.contact else links.opportunity or links.account


def _readiness(described: Mapping[str, Any], key: Mapping[str, Any] | None) -> Readiness:
    if not _may(described, "createable", "updateable"):
        return Readiness(ready=False, advice="The user may not write tasks: give it Create and Edit on Task.")
    if key is None:
        return Readiness(ready=False, advice=f"Activities have no field {KEY}: {_MAKE_FIELD}.")
    if not (key.get("externalId") and key.get("unique")):
        return Readiness(ready=False, advice=f"{KEY} is not both unique and an external id: edit it so.")
    if not _may(key, "createable", "updateable"):
        return Readiness(ready=False, advice=f"The user may not edit {KEY}: give it edit access to the field.")
    return Readiness(ready=True)


def _may(described: Mapping[str, Any], *deeds: str) -> bool:
    """Say whether a describe forbids none of these."""
    return all(described.get(deed, True) for deed in deeds)


def _cut(value: Any, length: int) -> Any:
    """Return a text cut to a length in UTF-16, in which an emoji counts two: no server counts more."""
    if not isinstance(value, str) or not length:
        return value
    return value.encode("utf-16-le", "surrogatepass")[: 2 * length].decode("utf-16-le", "ignore")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # an org may know a zone that this machine does not
        return ZoneInfo("UTC")
