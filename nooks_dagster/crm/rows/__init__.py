"""Rows on their way: as a source sent them, under which shape, and merged into Postgres.

Belongs here: raw rows, shapes and their changes, staging, the merge, tables. Does not: which rows are read when
(`crm.sync.sync`), folding what lies in the lake (`crm.upkeep`).
"""
