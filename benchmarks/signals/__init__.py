"""What AI signals cost and how long they take: ours beside one job with parallelism nested in parallelism.

Belongs here: both sides on the same accounts, documents, model and terms. Does not: tests of single promises (`tests`).
"""
