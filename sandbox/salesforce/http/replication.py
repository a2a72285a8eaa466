"""getUpdated and getDeleted over REST: which records changed or went in a window of whole minutes.

Belongs here: the window's rules and the shape of the replies.
Does not: finding the records (`sandbox.salesforce.org`).
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.salesforce.http.call import Call, timestamp
from sandbox.salesforce.http.errors import ApiError
from sandbox.salesforce.org import SObjectType

_WINDOW = timedelta(days=30)


def updated(call: Call) -> dict[str, Any]:
    """Answer `/sobjects/X/updated/?start=&end=`."""
    kind, start, end = _asked(call)
    covered = min(call.org.covered_until(), end)
    ids = call.org.updated(kind.name, start, end)
    return {"ids": ids, "latestDateCovered": timestamp(covered)}


def deleted(call: Call) -> dict[str, Any]:
    """Answer `/sobjects/X/deleted/?start=&end=`."""
    kind, start, end = _asked(call)
    covered = min(call.org.covered_until(), end)
    records = call.org.deleted(kind.name, start, end)
    return {
        "deletedRecords": [{"deletedDate": timestamp(when), "id": record} for record, when in records],
        "earliestDateAvailable": timestamp(_minute(call.org.now() - _WINDOW)),
        "latestDateCovered": timestamp(covered),
    }


def _asked(call: Call) -> tuple[SObjectType, datetime, datetime]:
    kind = call.org.sobject(call.path["name"])
    if not kind.replicateable:
        raise ApiError(400, "INVALID_TYPE_FOR_OPERATION", f"object {kind.name} is not replicable")
    start, end = _moment(call, "start"), _moment(call, "end")
    if end <= start:
        raise _refused("endDate must be at least one minute after startDate")
    if start < _minute(call.org.now() - _WINDOW):
        raise _refused("startDate cannot be more than 30 days ago")
    return kind, start, end


def _moment(call: Call, name: str) -> datetime:
    text = call.params.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _refused(f"Invalid value for {name}: '{text}'") from None
    return _minute(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _refused(message: str) -> ApiError:
    return ApiError(400, "INVALID_REPLICATION_DATE", message)
