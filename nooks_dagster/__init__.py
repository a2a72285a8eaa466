"""The engine of the go-to-market data platform: plain, typed Python.

Belongs here: everything that would be true without Dagster (work ledger, lake, CRM sync, budgets).
Does not: assets, schedules and sensors (the folders beside this one), or the outside world in miniature (`sandbox`).
Only `definitions.py` knows Dagster and looks outward.
"""
