"""The stages of a call: each a file, each retried alone.

Belongs here: what a stage does with one call. Does not: their order, leases and failures (`calls.pipeline.pipeline`).
"""
