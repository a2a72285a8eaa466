"""The columns that only Contact, Lead, User and Task have.

Belongs here: fields that depend on others of their row. Does not: fields that their type describes.
"""

from collections.abc import Callable, Mapping
from datetime import date

import numpy as np
import pyarrow as pa

from sandbox.salesforce.generated.common import person, postal_address
from sandbox.salesforce.generated.forms import moments
from sandbox.salesforce.generated.kinds import whole_numbers
from sandbox.world.batch import Batch, Column
from sandbox.world.columns import Flags, decimals, fixed, kept, pc
from sandbox.world.inhabitants import addresses, company_names, websites
from sandbox.world.makers import drawn_from, earlier_rows, references
from sandbox.world.names import FIRST_NAMES
from sandbox.world.texts import SENTENCES, pool
from sandbox.world.timeline import DAY, dates

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
_FIRST_CALL = 2
_CALL_TYPES = ("Inbound", "Outbound", "Outbound", "Internal")


_OLDEST = (date(1945, 1, 1) - date(1970, 1, 1)).days
_BIRTHDAYS = 60 * 365


def either(name: str, targets: tuple[str, str], nulls: int) -> Column:
    """Return the column of a reference that points at one of two objects, half and half."""
    first, second = (references(f"{name}.{target}", target, nulls=0) for target in targets)

    def make(batch: Batch) -> pa.Array:
        draws = batch.draws(name)
        return kept(pc.if_else(pa.array(draws & 16 > 0), first(batch), second(batch)), draws & 15 >= nulls)

    return make


def only_if(flags: Callable[[Batch], Flags], column: Column) -> Column:
    """Return a column that is null where the flag is not set."""
    return lambda batch: kept(column(batch), flags(batch))


def formula(first: str, between: str, second: str) -> Column:
    """Return the column of a text formula over two fields, null as the empty text."""

    def make(batch: Batch) -> pa.Array:
        parts = (batch.column(first), batch.column(second))
        return pc.binary_join_element_wise(*parts, between, null_handling="replace", null_replacement="")

    return make


def _birthday(batch: Batch) -> pa.Array:
    draws = batch.draws("Birthdate")
    return kept(dates(_OLDEST + draws % _BIRTHDAYS), draws >> 20 & 3 > 0)


def _bounced(batch: Batch) -> Flags:
    flags: Flags = batch.column("EmailBouncedReason").is_valid().to_numpy(zero_copy_only=False)
    return flags


def _is_converted(batch: Batch) -> Flags:
    return np.equal(batch.draws("Status") % len(_LEAD_STATUSES), _CONVERTED)


def _is_completed(batch: Batch) -> Flags:
    return np.equal(batch.draws("Status") % len(_TASK_STATUSES), _COMPLETED)


def _is_call(batch: Batch) -> Flags:
    return batch.draws("TaskSubtype") % len(_SUBTYPES) >= _FIRST_CALL


def _minutes(batch: Batch) -> pa.Array:
    return pc.round(pc.divide(batch.column("CallDurationInSeconds").cast(pa.float64()), 60.0), 2)


CONTACT: Mapping[str, Column] = {
    **person("contacts.example"),
    **postal_address("Mailing"),
    **postal_address("Other"),
    "AccountId": references("AccountId", "Account", nulls=1),
    "ReportsToId": earlier_rows("ReportsToId", nulls=11),
    "AssistantName": drawn_from("AssistantName", [*FIRST_NAMES, *[None] * 200]),
    "Birthdate": _birthday,
    "EmailBouncedReason": drawn_from("EmailBounced", [None] * 30 + ["550 5.1.1 <unknown user>", "mailbox full"]),
    "EmailBouncedDate": only_if(_bounced, lambda batch: moments(batch.modified)),
    "Full_Title__c": formula("Title", " / ", "Department"),
}

LEAD: Mapping[str, Column] = {
    **person("leads.example"),
    **postal_address(),
    "Company": company_names("Company"),
    "Website": websites("Company"),
    "Status": drawn_from("Status", _LEAD_STATUSES),
    "IsConverted": lambda batch: pa.array(_is_converted(batch)),
    "ConvertedDate": only_if(_is_converted, lambda batch: dates(batch.modified // DAY)),
    "ConvertedAccountId": only_if(_is_converted, references("ConvertedAccountId", "Account", nulls=0)),
    "ConvertedContactId": only_if(_is_converted, references("ConvertedContactId", "Contact", nulls=0)),
    "Grade__c": lambda batch: pc.utf8_length(batch.column("Title")).cast(pa.float64()),
}

USER: Mapping[str, Column] = {
    **person("users.example"),
    **postal_address(),
    "Username": lambda batch: addresses(batch, "crm.example"),
    "Email": lambda batch: addresses(batch, "users.example"),
    "Alias": lambda batch: fixed("u", decimals(batch.indexes, 6)),
    "IsActive": lambda batch: pa.array(batch.draws("IsActive") % 5 > 0),
    "ManagerId": earlier_rows("ManagerId", nulls=2),
    "Signature__c": formula("Name", "\n", "Title"),
}

TASK: Mapping[str, Column] = {
    "WhoId": either("WhoId", ("Contact", "Lead"), nulls=2),
    "WhatId": either("WhatId", ("Account", "Opportunity"), nulls=3),
    "Subject": drawn_from(
        "Subject", [*pool(SENTENCES, nulls=0.01, awkward=0.02), *["Call"] * 300, *["Email: Re:"] * 90]
    ),
    "Status": drawn_from("Status", _TASK_STATUSES),
    "IsClosed": lambda batch: pa.array(_is_completed(batch)),
    "CompletedDateTime": only_if(_is_completed, lambda batch: moments(batch.modified)),
    "TaskSubtype": drawn_from("TaskSubtype", _SUBTYPES),
    "CallType": only_if(_is_call, drawn_from("CallType", _CALL_TYPES)),
    "CallDurationInSeconds": only_if(_is_call, whole_numbers("CallDurationInSeconds", 3_600, nulls=0)),
    "Minutes__c": _minutes,
    "Nooks_Call_Id__c": lambda batch: pa.nulls(len(batch.indexes), pa.string()),
}
