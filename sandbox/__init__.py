"""The outside world in miniature: what the platform talks to when no real CRM or cloud is reachable.

Belongs here: servers that speak a vendor's protocol well enough for its unmodified clients, the worlds
they serve, their limits and their faults. Does not: anything of `nooks_dagster` (neither package imports
the other, so that the judge shares no bug with what it judges), and nothing that a deployment needs.
"""
