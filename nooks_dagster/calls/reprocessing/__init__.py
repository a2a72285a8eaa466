"""Doing again: backfills, replays, and what a cap held back.

Belongs here: which calls are done again, and from which stage on. Does not: doing it (`calls.pipeline.pipeline`).
"""
