"""An org whose records are a pure function of (seed, object, index): any size, constant memory, nothing stored.

Belongs here: which value each field of each object has, and how rows are counted and walked by arithmetic.
Does not: the pools that values are drawn from (`sandbox.world`).
"""
