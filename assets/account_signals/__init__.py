"""How signals become assets: from a declaration to an asset, a table, checks, metadata and a job.

Belongs here: what all signals share. Does not: any one signal (`assets/signals/`), how it is answered
(`nooks_dagster.signals`).
"""
