"""Which table each object of the sandbox's org, and of a portal, becomes."""

from nooks_dagster.crm.hubspot.object_types import OWNERS, RECORDS, USERS

TABLES = {
    "Account": "accounts",
    "Contact": "contacts",
    "Lead": "leads",
    "Opportunity": "opportunities",
    "User": "users",
    "Task": "activities",
    "Territory_Plan__c": "custom_objects",
}


def portal_table(source: str) -> str:
    """Return the table of a portal's object; one that is not HubSpot's own, and pipelines, are custom objects."""
    return {**RECORDS, OWNERS: USERS}.get(source, "custom_objects")
