"""What we react to: one file per trigger.

Belongs here: turning the ledger's answer into run requests. Does not: deciding what is due (`nooks_dagster.ledger`).
"""
