"""A call as HubSpot's own: which property says what.

Belongs here: values. Does not: sending them (`writing`), associations (`call_links`).
"""

from collections.abc import Mapping
from datetime import UTC
from html import escape

from nooks_dagster.crm.activities import Activity, CallResult, Constants

CALLS = "calls"
KEY = "nooks_call_id"
"""The property that tells our calls apart."""
OWNER = "hubspot_owner_id"
NEEDED = frozenset((KEY, "hs_timestamp"))
"""Without these a call is none."""

OF_THE_CALL = NEEDED | {
    *("hs_call_title", "hs_call_body", "hs_call_direction", "hs_call_disposition", "hs_call_status"),
    *("hs_call_duration", "hs_call_from_number", "hs_call_to_number", "hs_call_source", OWNER),
}
"""What a call says of itself."""

MAKE_PROPERTY = (
    "Settings, Data Management, Properties, object Calls, Create property: single-line text with the internal name "
    f"{KEY}, and under Rules `Require unique values for this property`, which can be chosen only now; it is "
    "noticed within the hour, or when you connect again"
)
# Of every portal; those that a portal adds are its own.
_DISPOSITIONS: Mapping[CallResult, str] = {
    CallResult.BUSY: "9d9162e7-6cf3-4944-bf63-4dff82258764",
    CallResult.CONNECTED: "f240bbac-87c9-4f6e-bf70-924b57d47db7",
    CallResult.LIVE_MESSAGE: "a4c4c377-d246-4b32-a13b-75a56a4cd0ff",
    CallResult.VOICEMAIL: "b2cf5968-551e-4856-9783-52b3da59a7d0",
    CallResult.NO_ANSWER: "73a0d17f-1163-4015-bdd5-ec830791da20",
    CallResult.WRONG_NUMBER: "17b47fee-58de-441e-a44c-c6300d46f273",
}
_STATUSES: Mapping[CallResult, str] = {CallResult.BUSY: "BUSY", CallResult.NO_ANSWER: "NO_ANSWER"}
_LONGEST = 65_536  # of a text property


def properties(activity: Activity, constants: Constants) -> dict[str, str]:
    """Return the properties of a call; what is not known is left as it is there, and so is an owner that we set."""
    at = activity.began.astimezone(UTC)
    values = {
        **{name: str(value) for name, value in constants.items()},
        KEY: activity.key,
        "hs_timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
        "hs_call_title": activity.subject,
        "hs_call_body": _html(activity.body),
        "hs_call_direction": "INBOUND" if activity.inbound else "OUTBOUND",
        "hs_call_disposition": _DISPOSITIONS[activity.result],
        "hs_call_status": _STATUSES.get(activity.result, "COMPLETED"),
        "hs_call_duration": str(round(activity.lasted.total_seconds() * 1000)),
        "hs_call_from_number": activity.from_number,
        "hs_call_to_number": activity.to_number,
        "hs_call_source": "INTEGRATIONS_PLATFORM",
        OWNER: activity.links.owner if activity.links.owner != activity.before.owner else "",
    }
    return {name: value for name, value in values.items() if value}


def _html(text: str) -> str:
    """Return lines as HubSpot shows them, cut at the end of one."""
    lines, length = list[str](), 0
    for line in text.splitlines():
        length += len(made := escape(line, quote=False)) + len("<br>")
        if length > _LONGEST:
            break
        lines.append(made)
    return "<br>".join(lines)
