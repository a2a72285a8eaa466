"""Every type of object of a generated portal, HubSpot's own first."""

from sandbox.hubspot.model import ObjectType
from sandbox.hubspot.schema.activities import CALLS, MEETINGS
from sandbox.hubspot.schema.companies import COMPANIES, DEALS, subscriptions
from sandbox.hubspot.schema.people import CONTACTS, LEADS


def catalog(hub_id: int) -> tuple[ObjectType, ...]:
    """Return the types of an account."""
    return CONTACTS, COMPANIES, DEALS, LEADS, CALLS, MEETINGS, subscriptions(hub_id)
