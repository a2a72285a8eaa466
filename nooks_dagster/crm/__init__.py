"""CRM sync: canonical objects, the Connector protocol, its implementations, and the sync that drains the ledger.

Belongs here: everything that knows what an account or a contact is, one folder per CRM.
Does not: leases (`ledger`), bytes (`lake`), rate buckets (`budgets`).

Where to look, in the order that a row goes: `crm.starts` and `crm.sweeps` say what falls due; `crm.sync.runs` drains
it, a window (`crm.sync.windows`) of one object at a time, cut into chunks (`crm.sync.chunks`); each chunk is extracted
by a `crm.connector` (`crm.salesforce`, `crm.hubspot`, through `crm.access`), landed in the lake and merged into
Postgres (`crm.rows.merge`); `crm.upkeep` folds what lies in the lake, `crm.changes` tells it by day, and
`crm.lifecycle` connects, chooses and removes.
"""
