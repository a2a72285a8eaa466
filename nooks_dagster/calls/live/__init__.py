"""Live workers: they take calls as they come, hour after hour.

Belongs here: turns, waking, what runs beside the calls. Does not: one call (`calls.pipeline.pipeline`).
"""
