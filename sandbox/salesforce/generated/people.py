"""The columns that only Contact, Lead, User and Task have.

Belongs here: fields that depend on others of their row. Does not: fields that their type describes.
"""

from collections.abc import Mapping

from sandbox.salesforce.generated.batch import Batch, Column
from sandbox.salesforce.generated.common import address, addresses, company_names, person, websites
from sandbox.salesforce.generated.kinds import drawn, earlier_rows, references
from sandbox.salesforce.org import JsonValue
from sandbox.world.names import FIRST_NAMES
from sandbox.world.texts import SENTENCES, pool
from sandbox.world.timeline import BEGIN, DAYS, datetimes

_LEAD_STATUSES = (
    "Open - Not Contacted",
    "Working - Contacted",
    "Closed - Not Converted",
    "Closed - Converted",
)
_CONVERTED = 3
_TASK_STATUSES = ("Not Started", "In Progress", "Deferred", "Completed")
_COMPLETED = 3
_SUBTYPES = ("Task", "Email", "Call", "Call")
_CALL_TYPES = ("Inbound", "Outbound", "Outbound", "Internal")


def either(name: str, targets: tuple[str, str], nulls: int) -> Column:
    """Return the column of a reference that points at one of two objects, half and half."""
    first, second = (references(f"{name}.{target}", target, nulls=0) for target in targets)

    def make(batch: Batch) -> list[JsonValue]:
        choices = zip(batch.draws(name), first(batch), second(batch), strict=True)
        return [None if draw & 15 < nulls else one if draw & 16 else other for draw, one, other in choices]

    return make


def only_if(flag: Column, column: Column) -> Column:
    """Return a column that is null where the flag is not set."""
    return lambda batch: [value if is_set else None for is_set, value in zip(flag(batch), column(batch), strict=True)]


def joined(template: str, *names: str) -> Column:
    """Return the column of a text formula over other fields, null as the empty text."""
    return lambda batch: [
        template.format(*("" if value is None else value for value in row))
        for row in zip(*(batch.column(name) for name in names), strict=True)
    ]


def _birthday(batch: Batch) -> list[JsonValue]:
    return [f"{1945 + draw % 60}-{1 + draw // 60 % 12:02}-{1 + draw // 720 % 28:02}" if draw >> 20 & 3 else None
            for draw in batch.draws("Birthdate")]  # fmt: skip


def _modified_day(batch: Batch) -> list[JsonValue]:
    return [DAYS[(modified - BEGIN) // 86_400] for modified in batch.modified]


def _is_converted(batch: Batch) -> list[JsonValue]:
    return [draw % 4 == _CONVERTED for draw in batch.draws("Status")]


def _is_completed(batch: Batch) -> list[JsonValue]:
    return [draw % 4 == _COMPLETED for draw in batch.draws("Status")]


def _is_call(batch: Batch) -> list[JsonValue]:
    return [_SUBTYPES[draw % 4] == "Call" for draw in batch.draws("TaskSubtype")]


def _seconds(batch: Batch) -> list[JsonValue]:
    return [draw % 3_600 for draw in batch.draws("CallDurationInSeconds")]


def _minutes(batch: Batch) -> list[JsonValue]:
    return [
        round(seconds / 60, 2) if isinstance(seconds, int) else None
        for seconds in batch.column("CallDurationInSeconds")
    ]


def _alias(batch: Batch) -> list[JsonValue]:
    return [f"u{index:x}"[:8] for index in batch.indexes]


CONTACT: Mapping[str, Column] = {
    **person("contacts.example"),
    **address("Mailing"),
    **address("Other"),
    "AccountId": references("AccountId", "Account", nulls=1),
    "ReportsToId": earlier_rows("ReportsToId", nulls=11),
    "AssistantName": drawn("AssistantName", [*FIRST_NAMES, *[None] * 200]),
    "Birthdate": _birthday,
    "EmailBouncedReason": drawn("EmailBounced", [None] * 30 + ["550 5.1.1 <unknown user>", "mailbox full"]),
    "EmailBouncedDate": only_if(
        lambda batch: batch.column("EmailBouncedReason"), lambda batch: datetimes(batch.modified)
    ),
    "Full_Title__c": joined("{} / {}", "Title", "Department"),
}

LEAD: Mapping[str, Column] = {
    **person("leads.example"),
    **address(),
    "Company": company_names("Company"),
    "Website": websites("Company"),
    "Status": drawn("Status", _LEAD_STATUSES),
    "IsConverted": _is_converted,
    "ConvertedDate": only_if(_is_converted, _modified_day),
    "ConvertedAccountId": only_if(_is_converted, references("ConvertedAccountId", "Account", nulls=0)),
    "ConvertedContactId": only_if(_is_converted, references("ConvertedContactId", "Contact", nulls=0)),
    "Grade__c": lambda batch: [float(len(str(title))) if title else None for title in batch.column("Title")],
}

USER: Mapping[str, Column] = {
    **person("users.example"),
    **address(),
    "Username": lambda batch: list(addresses(batch, "crm.example")),
    "Email": lambda batch: list(addresses(batch, "users.example")),
    "Alias": _alias,
    "IsActive": lambda batch: [draw % 5 > 0 for draw in batch.draws("IsActive")],
    "ManagerId": earlier_rows("ManagerId", nulls=2),
    "Signature__c": joined("{}\n{}", "Name", "Title"),
}

TASK: Mapping[str, Column] = {
    "WhoId": either("WhoId", ("Contact", "Lead"), nulls=2),
    "WhatId": either("WhatId", ("Account", "Opportunity"), nulls=3),
    "Subject": drawn("Subject", [*pool(SENTENCES, nulls=0.01, awkward=0.02), *["Call"] * 300, *["Email: Re:"] * 90]),
    "Status": drawn("Status", _TASK_STATUSES),
    "IsClosed": _is_completed,
    "CompletedDateTime": only_if(_is_completed, lambda batch: datetimes(batch.modified)),
    "TaskSubtype": drawn("TaskSubtype", _SUBTYPES),
    "CallType": only_if(_is_call, drawn("CallType", _CALL_TYPES)),
    "CallDurationInSeconds": only_if(_is_call, _seconds),
    "Minutes__c": _minutes,
}
