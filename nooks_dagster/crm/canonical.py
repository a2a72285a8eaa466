"""The canonical CRM objects: the tables of schema `crm` and their typed columns, in the field's own words.

Belongs here: names and types, the same for every CRM. Does not: which source field fills a column (each
connector's mapping says that), or the DDL, which is migration `0005_crm`; a test holds the two together.

Beside the seven that every CRM has come those that a file in `crm/objects` promotes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from nooks_dagster.crm.model import FieldType
from nooks_dagster.crm.promoted import promoted_objects

TEXT = FieldType.TEXT
BOOLEAN = FieldType.BOOLEAN
INTEGER = FieldType.INTEGER
NUMBER = FieldType.NUMBER
DATE = FieldType.DATE
TIMESTAMP = FieldType.TIMESTAMP


@dataclass(frozen=True, slots=True)
class Column:
    """One typed column of a canonical table; every one may be null."""

    name: str
    type: FieldType


@dataclass(frozen=True, slots=True)
class CanonicalObject:
    """One object as the platform knows it, whatever the CRM calls it.

    `columns` are the standard fields; what a source has beyond them is kept in the table's `properties`.
    `about` says what a row is.
    """

    name: str
    about: str
    columns: tuple[Column, ...]

    @property
    def table(self) -> str:
        """Return the name of the Postgres table, with its schema."""
        return f"crm.{self.name}"

    @property
    def types(self) -> Mapping[str, FieldType]:
        """Return the type of each column by its name."""
        return {column.name: column.type for column in self.columns}


_SOURCE_TIMES = {"source_created_at": TIMESTAMP, "source_modified_at": TIMESTAMP}

_COLUMNS: Mapping[str, Mapping[str, FieldType]] = {
    "accounts": {
        "name": TEXT,
        "website": TEXT,
        "domain": TEXT,
        "phone": TEXT,
        "industry": TEXT,
        "type": TEXT,
        "employees": INTEGER,
        "annual_revenue": NUMBER,
        "owner_id": TEXT,
        "parent_id": TEXT,
        "billing_street": TEXT,
        "billing_city": TEXT,
        "billing_state": TEXT,
        "billing_postal_code": TEXT,
        "billing_country": TEXT,
        "description": TEXT,
    },
    "contacts": {
        "name": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "email": TEXT,
        "phone": TEXT,
        "mobile_phone": TEXT,
        "title": TEXT,
        "department": TEXT,
        "account_id": TEXT,
        "owner_id": TEXT,
        "reports_to_id": TEXT,
        "lead_source": TEXT,
        "email_opt_out": BOOLEAN,
        "do_not_call": BOOLEAN,
        "mailing_street": TEXT,
        "mailing_city": TEXT,
        "mailing_state": TEXT,
        "mailing_postal_code": TEXT,
        "mailing_country": TEXT,
        "description": TEXT,
    },
    "leads": {
        "name": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "email": TEXT,
        "phone": TEXT,
        "mobile_phone": TEXT,
        "title": TEXT,
        "company": TEXT,
        "website": TEXT,
        "industry": TEXT,
        "employees": INTEGER,
        "annual_revenue": NUMBER,
        "status": TEXT,
        "source": TEXT,
        "rating": TEXT,
        "owner_id": TEXT,
        "email_opt_out": BOOLEAN,
        "do_not_call": BOOLEAN,
        "street": TEXT,
        "city": TEXT,
        "state": TEXT,
        "postal_code": TEXT,
        "country": TEXT,
        "is_converted": BOOLEAN,
        "converted_date": DATE,
        "converted_account_id": TEXT,
        "converted_contact_id": TEXT,
        "converted_opportunity_id": TEXT,
        "description": TEXT,
    },
    "opportunities": {
        "name": TEXT,
        "account_id": TEXT,
        "owner_id": TEXT,
        "stage": TEXT,
        "amount": NUMBER,
        "expected_revenue": NUMBER,
        "probability": NUMBER,
        "close_date": DATE,
        "is_closed": BOOLEAN,
        "is_won": BOOLEAN,
        "type": TEXT,
        "lead_source": TEXT,
        "forecast_category": TEXT,
        "next_step": TEXT,
        "description": TEXT,
    },
    "users": {
        "name": TEXT,
        "first_name": TEXT,
        "last_name": TEXT,
        "email": TEXT,
        "username": TEXT,
        "phone": TEXT,
        "mobile_phone": TEXT,
        "title": TEXT,
        "department": TEXT,
        "division": TEXT,
        "is_active": BOOLEAN,
        "manager_id": TEXT,
        "time_zone": TEXT,
    },
    "activities": {
        "kind": TEXT,
        "subject": TEXT,
        "status": TEXT,
        "priority": TEXT,
        "is_closed": BOOLEAN,
        "who_id": TEXT,
        "what_id": TEXT,
        "account_id": TEXT,
        "owner_id": TEXT,
        "due_date": DATE,
        "completed_at": TIMESTAMP,
        "call_type": TEXT,
        "call_result": TEXT,
        "call_duration_seconds": INTEGER,
        "call_reference": TEXT,
        "description": TEXT,
    },
    "custom_objects": {
        "name": TEXT,
        "owner_id": TEXT,
    },
}

_ABOUT = {
    "accounts": "Companies that are sold to (Salesforce accounts, HubSpot companies).",
    "contacts": "People at accounts (contacts in either CRM).",
    "leads": "People who are not qualified yet (leads in either CRM).",
    "opportunities": "Deals with their stage and amount (Salesforce opportunities, HubSpot deals).",
    "users": "The sales team: owners of all other records (Salesforce users, HubSpot owners).",
    "activities": "Tasks, events, calls, meetings, emails and notes logged on records.",
    "custom_objects": "Rows of every other object of the CRM, its own ones included, told apart by `source_object`.",
}


def _canonical(name: str, about: str, columns: Mapping[str, FieldType]) -> CanonicalObject:
    return CanonicalObject(name, about, tuple(Column(*column) for column in {**columns, **_SOURCE_TIMES}.items()))


def _objects() -> Mapping[str, CanonicalObject]:
    promoted = promoted_objects()
    if taken := [one.name for one in promoted if one.name in _COLUMNS]:
        raise ValueError(f"{taken[0]} is an object of every CRM; a promoted one needs another name.")
    return {
        **{name: _canonical(name, _ABOUT[name], columns) for name, columns in _COLUMNS.items()},
        **{one.name: _canonical(one.name, one.about, one.columns) for one in promoted},
    }


OBJECTS = _objects()
"""Every canonical object by its name. Ids of other records (`owner_id`, `who_id`) are source ids."""
