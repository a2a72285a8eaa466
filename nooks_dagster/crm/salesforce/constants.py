"""Constants of tasks: whether a field of Salesforce's can hold a value, and how that is sent.

Belongs here: reading the describe of one field. Does not: the types themselves (`crm.constants`).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from nooks_dagster.crm.constants import Constant, Unfit, chosen, day, fitting, moment, number, truth, whole
from nooks_dagster.crm.salesforce.tasks import OF_THE_CALL

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_READERS: Mapping[str, Callable[[str], Constant]] = {
    "boolean": truth,
    "int": whole,
    "long": whole,
    "double": number,
    "currency": number,
    "percent": number,
    "date": day,
    "datetime": moment,
}


def typed(name: str, text: str, field: Mapping[str, Any] | None, subject: str) -> Constant:
    """Return a value as its field takes it.

    Raises:
        Unfit: It does not, the field is not there or may not be written, or the call itself fills it.
    """
    if name in OF_THE_CALL:
        raise Unfit(f"{name} is filled by the call itself.", subject=subject, next_step="Choose another field.")
    if field is None:
        told = "Write it as the API does, such as Call_Source__c; custom fields of tasks are those of Activity."
        raise Unfit(f"Task has no field {name}, or the user may not see it.", subject=subject, next_step=told)
    if not field.get("createable", True):
        told = "Give the connected user edit access to it, or choose another field."
        raise Unfit(f"{name} may not be written.", subject=subject, next_step=told)
    return fitting(name, subject, lambda: _value(text, field))


def _value(text: str, field: Mapping[str, Any]) -> Constant:
    kind = str(field.get("type"))
    if read := _READERS.get(kind):
        return read(text)
    if kind == "reference" and not _ID.fullmatch(text):
        raise ValueError("the id of a record, of 15 or 18 characters")
    if kind in {"picklist", "multipicklist"} and field.get("restrictedPicklist"):
        options = [str(one["value"]) for one in field.get("picklistValues") or () if one.get("active", True)]
        return chosen(text, options, many=kind == "multipicklist")
    if (length := int(field.get("length") or 0)) and len(text) > length:
        raise ValueError(f"at most {length} characters")
    return text
