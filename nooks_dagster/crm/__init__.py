"""CRM sync: canonical objects, the Connector protocol, its implementations, and the sync that drains the ledger.

Belongs here: everything that knows what an account or a contact is, one folder per CRM.
Does not: leases (`ledger`), bytes (`lake`), rate buckets (`budgets`).
"""
