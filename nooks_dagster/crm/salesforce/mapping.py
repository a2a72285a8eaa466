"""Which Salesforce field fills which canonical column.

Belongs here: the table, and what of it an org has. Does not: columns and their types (`crm.canonical`).

Without a field in Salesforce: `accounts.domain`, which stays empty; other CRMs have one.
"""

from collections.abc import Mapping

from nooks_dagster.crm.canonical import OBJECTS
from nooks_dagster.crm.model import SourceObject

_TIMES = {"source_created_at": "CreatedDate", "source_modified_at": "LastModifiedDate"}

_PERSON = {
    "name": "Name",
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "phone": "Phone",
    "mobile_phone": "MobilePhone",
    "title": "Title",
}

_ACTIVITY = {
    "subject": "Subject",
    "who_id": "WhoId",
    "what_id": "WhatId",
    "account_id": "AccountId",
    "owner_id": "OwnerId",
    "due_date": "ActivityDate",
    "description": "Description",
}

FIELDS: Mapping[str, Mapping[str, str]] = {
    "Account": {
        "name": "Name",
        "website": "Website",
        "phone": "Phone",
        "industry": "Industry",
        "type": "Type",
        "employees": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue",
        "owner_id": "OwnerId",
        "parent_id": "ParentId",
        "billing_street": "BillingStreet",
        "billing_city": "BillingCity",
        "billing_state": "BillingState",
        "billing_postal_code": "BillingPostalCode",
        "billing_country": "BillingCountry",
        "description": "Description",
    },
    "Contact": {
        **_PERSON,
        "department": "Department",
        "account_id": "AccountId",
        "owner_id": "OwnerId",
        "reports_to_id": "ReportsToId",
        "lead_source": "LeadSource",
        "email_opt_out": "HasOptedOutOfEmail",
        "do_not_call": "DoNotCall",
        "mailing_street": "MailingStreet",
        "mailing_city": "MailingCity",
        "mailing_state": "MailingState",
        "mailing_postal_code": "MailingPostalCode",
        "mailing_country": "MailingCountry",
        "description": "Description",
    },
    "Lead": {
        **_PERSON,
        "company": "Company",
        "website": "Website",
        "industry": "Industry",
        "employees": "NumberOfEmployees",
        "annual_revenue": "AnnualRevenue",
        "status": "Status",
        "source": "LeadSource",
        "rating": "Rating",
        "owner_id": "OwnerId",
        "email_opt_out": "HasOptedOutOfEmail",
        "do_not_call": "DoNotCall",
        "street": "Street",
        "city": "City",
        "state": "State",
        "postal_code": "PostalCode",
        "country": "Country",
        "is_converted": "IsConverted",
        "converted_date": "ConvertedDate",
        "converted_account_id": "ConvertedAccountId",
        "converted_contact_id": "ConvertedContactId",
        "converted_opportunity_id": "ConvertedOpportunityId",
        "description": "Description",
    },
    "Opportunity": {
        "name": "Name",
        "account_id": "AccountId",
        "owner_id": "OwnerId",
        "stage": "StageName",
        "amount": "Amount",
        "expected_revenue": "ExpectedRevenue",
        "probability": "Probability",
        "close_date": "CloseDate",
        "is_closed": "IsClosed",
        "is_won": "IsWon",
        "type": "Type",
        "lead_source": "LeadSource",
        "forecast_category": "ForecastCategoryName",
        "next_step": "NextStep",
        "description": "Description",
    },
    "User": {
        **_PERSON,
        "username": "Username",
        "department": "Department",
        "division": "Division",
        "is_active": "IsActive",
        "manager_id": "ManagerId",
        "time_zone": "TimeZoneSidKey",
    },
    "Task": {
        **_ACTIVITY,
        "kind": "TaskSubtype",
        "status": "Status",
        "priority": "Priority",
        "is_closed": "IsClosed",
        "completed_at": "CompletedDateTime",
        "call_type": "CallType",
        "call_result": "CallDisposition",
        "call_duration_seconds": "CallDurationInSeconds",
        "call_reference": "CallObject",
    },
    "Event": {**_ACTIVITY, "kind": "EventSubtype", "completed_at": "EndDateTime"},
}
_CUSTOM_OBJECT = {"name": "Name", "owner_id": "OwnerId"}


def wanted(name: str) -> Mapping[str, str]:
    """Return the field that each canonical column of an object would be filled by."""
    return {**FIELDS.get(name, _CUSTOM_OBJECT), **_TIMES}


def columns(source: SourceObject) -> dict[str, str]:
    """Return the Salesforce field of each canonical column that this org can fill.

    A field of another type than the column's is left to `properties`, where it keeps its value: an org loaded from
    files may keep a standard field as another type than its name says.
    """
    types = {field.name: field.type for field in source.fields}
    target = OBJECTS[source.canonical].types
    return {
        column: field
        for column, field in wanted(source.name).items()
        if field in types and types[field].fits(target[column])
    }
