"""Salesforce in miniature: orgs with records, SOQL, and the HTTP interface in front of them.

Belongs here: everything that only Salesforce has: its ids, schema, query language, exports, endpoints.
Does not: what another CRM would share, such as names, timelines and permutations (`sandbox.world`).
"""
