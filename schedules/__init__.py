"""What we do by the clock: one file per cadence family.

Belongs here: cron and what it starts. Does not: remembering starts; the ledger does, so a missed tick loses nothing.
"""
