"""How often a run that takes hours tells how far it is.

Belongs here: one number. Does not: what is told (each family's `results`).
"""

OBSERVE_EVERY = 300.0
"""Seconds: a book of 100,000 accounts takes hours, and each observation is an event row."""
