"""Every object of a sandbox org.

Belongs here: the list. Does not: fields.
"""

from sandbox.salesforce.schema.companies import ACCOUNT, OPPORTUNITY, TERRITORY_PLAN
from sandbox.salesforce.schema.people import CONTACT, LEAD, TASK, USER

CATALOG = (ACCOUNT, CONTACT, LEAD, OPPORTUNITY, TASK, TERRITORY_PLAN, USER)
"""Sorted by name."""
