"""The types of objects that HubSpot has in every portal, and what they are here.

Belongs here: names. Does not: fields (`describe`), canonical columns (`mapping`).
"""

from collections.abc import Mapping

CUSTOM_OBJECTS = "custom_objects"

RECORDS: Mapping[str, str] = {
    "companies": "accounts",
    "contacts": "contacts",
    "leads": "leads",
    "deals": "opportunities",
    "calls": "activities",
    "meetings": "activities",
    "emails": "activities",
    "notes": "activities",
    "tasks": "activities",
    "tickets": CUSTOM_OBJECTS,
    "line_items": CUSTOM_OBJECTS,
    "products": CUSTOM_OBJECTS,
}
"""The canonical object of each type, in the order in which people wait for them."""

OWNERS = "owners"
USERS = "users"

PIPELINES: Mapping[str, str] = {"deal_pipelines": "deals", "lead_pipelines": "leads", "ticket_pipelines": "tickets"}
"""The type whose pipelines each source object lists."""

TYPE_IDS: Mapping[str, str] = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}
"""What a schema calls the types that a custom object may be associated with, of those that are asked for."""

_ENGAGEMENT = ("contacts", "companies", "deals")
ASSOCIATED: Mapping[str, tuple[str, ...]] = {
    "contacts": ("companies",),
    "deals": ("companies", "contacts"),
    "leads": ("companies", "contacts"),
    "tickets": ("companies", "contacts"),
    "line_items": ("deals",),
    **{name: _ENGAGEMENT for name, canonical in RECORDS.items() if canonical == "activities"},
}
"""The types whose edges a record is read with: one way, from the many to the few."""


def stamp_property(name: str) -> str:
    """Return the property that moves with every change of a type's records."""
    return "lastmodifieddate" if name == "contacts" else "hs_lastmodifieddate"
