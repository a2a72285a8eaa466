"""The signals: what is found out about each account, one file a signal.

Belongs here: declarations. A file that holds a `Signal` is an asset, a table, checks and metadata, because it is there
(`docs/add-a-signal.md`). Does not: how they become assets (`assets.account_signals`), how they are answered
(`nooks_dagster.signals`).
"""
