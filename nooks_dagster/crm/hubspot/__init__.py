"""HubSpot: the connector and what it stands on.

Belongs here: everything that only HubSpot is like. Does not: the sync, which knows no vendor (`nooks_dagster.crm`).
"""
