"""How calls become assets: what each stage makes is one, on the hour in which a call was accepted.

Belongs here: what a person sees of calls in Dagster. Does not: the stages (`nooks_dagster.calls`).
"""
