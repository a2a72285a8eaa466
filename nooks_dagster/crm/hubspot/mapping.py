"""Which HubSpot field fills which canonical column.

Belongs here: the table, and what of it a portal has. Does not: columns and their types (`crm.canonical`).

`associations.*.primary` is the one edge that counts of many; `closedate.date` is derived (`derived`).
"""

from collections.abc import Mapping

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.hubspot.object_types import PIPELINES
from nooks_dagster.crm.model import FieldType, SourceObject

_TIMES = {"source_created_at": "createdAt", "source_modified_at": "updatedAt"}
_OWNER = {"owner_id": "hubspot_owner_id"}
_COMPANY = "associations.companies.primary"
_CONTACT = "associations.contacts.primary"
_DEAL = "associations.deals.primary"

_ACTIVITY = {**_OWNER, "who_id": _CONTACT, "what_id": _DEAL, "account_id": _COMPANY}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "companies": {
        **_OWNER,
        "name": "name",
        "website": "website",
        "domain": "domain",
        "phone": "phone",
        "industry": "industry",
        "type": "type",
        "employees": "numberofemployees",
        "annual_revenue": "annualrevenue",
        "parent_id": "hs_parent_company_id",
        "billing_street": "address",
        "billing_city": "city",
        "billing_state": "state",
        "billing_postal_code": "zip",
        "billing_country": "country",
        "description": "description",
    },
    "contacts": {
        **_OWNER,
        "name": "hs_full_name_or_email",
        "first_name": "firstname",
        "last_name": "lastname",
        "email": "email",
        "phone": "phone",
        "mobile_phone": "mobilephone",
        "title": "jobtitle",
        "department": "department",
        "account_id": _COMPANY,
        "lead_source": "hs_analytics_source",
        "email_opt_out": "hs_email_optout",
        "mailing_street": "address",
        "mailing_city": "city",
        "mailing_state": "state",
        "mailing_postal_code": "zip",
        "mailing_country": "country",
        "description": "message",
    },
    "leads": {
        **_OWNER,
        "name": "hs_lead_name",
        "first_name": "hs_associated_contact_firstname",
        "last_name": "hs_associated_contact_lastname",
        "email": "hs_associated_contact_email",
        "company": "hs_associated_company_name",
        "status": "hs_pipeline_stage",
        "source": "hs_lead_source",
        "rating": "hs_lead_label",
    },
    "deals": {
        **_OWNER,
        "name": "dealname",
        "account_id": _COMPANY,
        "stage": "dealstage",
        "amount": "amount",
        "expected_revenue": "hs_projected_amount",
        "probability": "hs_deal_stage_probability.percent",
        "close_date": "closedate.date",
        "is_closed": "hs_is_closed",
        "is_won": "hs_is_closed_won",
        "type": "dealtype",
        "lead_source": "hs_analytics_source",
        "forecast_category": "hs_manual_forecast_category",
        "next_step": "hs_next_step",
        "description": "description",
    },
    "owners": {
        "name": "name",
        "first_name": "firstName",
        "last_name": "lastName",
        "email": "email",
        "username": "email",
        "is_active": "isActive",
    },
    "calls": {
        **_ACTIVITY,
        "kind": "hs_activity_type",
        "subject": "hs_call_title",
        "status": "hs_call_status",
        "due_date": "hs_timestamp.date",
        "completed_at": "hs_timestamp",
        "call_type": "hs_call_direction",
        "call_result": "hs_call_disposition",
        "call_duration_seconds": "hs_call_duration.seconds",
        "call_reference": "hs_call_external_id",
        "description": "hs_call_body",
    },
    "meetings": {
        **_ACTIVITY,
        "kind": "hs_activity_type",
        "subject": "hs_meeting_title",
        "status": "hs_meeting_outcome",
        "due_date": "hs_timestamp.date",
        "completed_at": "hs_meeting_end_time",
        "description": "hs_meeting_body",
    },
    "emails": {
        **_ACTIVITY,
        "kind": "hs_email_direction",
        "subject": "hs_email_subject",
        "status": "hs_email_status",
        "due_date": "hs_timestamp.date",
        "completed_at": "hs_timestamp",
        "description": "hs_email_text",
    },
    "notes": {**_ACTIVITY, "due_date": "hs_timestamp.date", "description": "hs_note_body"},
    "tasks": {
        **_ACTIVITY,
        "kind": "hs_task_type",
        "subject": "hs_task_subject",
        "status": "hs_task_status",
        "priority": "hs_task_priority",
        "due_date": "hs_timestamp.date",
        "completed_at": "hs_task_completion_date",
        "description": "hs_task_body",
    },
    "tickets": {**_OWNER, "name": "subject"},
    "line_items": {"name": "name"},
    "products": {**_OWNER, "name": "name"},
    **{name: {"name": "label"} for name in PIPELINES},
}


def wanted(name: str, display: str = "") -> Mapping[str, str]:
    """Return the field that each canonical column of an object would be filled by.

    Args:
        name: The object.
        display: The property that names a record of a custom object.
    """
    custom = {**_OWNER, **({"name": display} if display else {})}
    return {**FIELDS.get(name, custom), **_TIMES}


def columns(source: SourceObject, display: str = "") -> dict[str, str]:
    """Return the HubSpot field of each canonical column that this portal can fill.

    A field of another type than the column's is left to `properties`, where it keeps its value.
    """
    types = {field.name: field.type for field in source.fields}
    target = OBJECTS[source.canonical].types
    return {
        column: field
        for column, field in wanted(source.name, display).items()
        if field in types and types[field] is target[column]
    }


def number_types(name: str, canonical: str, display: str = "") -> Mapping[str, FieldType]:
    """Return the fields of an object that are ids or whole numbers here, where HubSpot knows one type of number."""
    target = OBJECTS[canonical].types
    kept = {FieldType.INTEGER, FieldType.TEXT}
    return {field: target[column] for column, field in wanted(name, display).items() if target[column] in kept}
