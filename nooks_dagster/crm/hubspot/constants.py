"""Constants of calls: whether a property of HubSpot's can hold a value; all of them are sent as texts.

Belongs here: reading what is listed of one property. Does not: the types themselves (`crm.constants`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from nooks_dagster.crm.constants import Constant, Unfit, chosen, day, fitting, moment, number, truth
from nooks_dagster.crm.hubspot.call_records import OF_THE_CALL

_CHECKERS: Mapping[str, Callable[[str], Constant]] = {"number": number, "date": day, "datetime": moment}


def typed(name: str, text: str, made: Mapping[str, Any] | None, subject: str) -> Constant:
    """Return a value as its property takes it.

    Raises:
        Unfit: It does not, the property is not there or may not be written, or the call itself fills it.
    """
    if name in OF_THE_CALL:
        raise Unfit(f"{name} is filled by the call itself.", subject=subject, next_step="Choose another property.")
    if made is None:
        told = "Write its internal name, such as call_source (Settings, Properties, object Calls)."
        raise Unfit(f"Calls have no property {name}.", subject=subject, next_step=told)
    if made.get("calculated") or (made.get("modificationMetadata") or {}).get("readOnlyValue"):
        raise Unfit(f"{name} may not be written.", subject=subject, next_step="Choose another property.")
    return fitting(name, subject, lambda: _value(text, made))


def _value(text: str, made: Mapping[str, Any]) -> Constant:
    kind = str(made.get("type"))
    if kind == "bool":
        return "true" if truth(text) else "false"
    options = [str(one.get("value")) for one in made.get("options") or () if not one.get("hidden")]
    if kind == "enumeration" and options:
        return chosen(text, options, many=made.get("fieldType") == "checkbox")
    if check := _CHECKERS.get(kind):
        check(text)
    return text
