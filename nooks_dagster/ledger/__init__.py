"""The work ledger: Postgres remembers every item of work, so that any process may die at any moment.

Belongs here: planning, claiming, leases, fences, attempts, dead letters, and the launching of runs.
Does not: what the work is; a payload is opaque here. Times are the database's clock only.
"""
