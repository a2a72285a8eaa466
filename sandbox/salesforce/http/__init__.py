"""The HTTP surface of Salesforce: logging in, asking, paging, being refused.

Belongs here: status codes, headers, bodies, tokens, locators, API usage.
Does not: orgs, records and SOQL (`sandbox.salesforce`).
"""
