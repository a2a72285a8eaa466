"""What exists: one folder per domain, one file per asset family. Data engineers work here.

Belongs here: assets, their checks and their jobs, loaded by being there (`nooks_dagster.definitions`).
Does not: connections (`resources`), triggers (`sensors`, `schedules`), anything true without Dagster (`nooks_dagster`).
"""
