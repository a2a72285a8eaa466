"""What runs beside calls that are measured: a history, incremental syncs, a backfill of signals.

Belongs here: making them ready before the measured time, letting them go on in it, how far they came. Does not: calls.
"""
