"""The inhabitants of the sandbox, whichever CRM shows them: made from a seed, in any number, in constant memory.

Belongs here: hashing, columns, orders, timelines, names, texts.
Does not: what one vendor calls them (`sandbox.salesforce`).
"""
