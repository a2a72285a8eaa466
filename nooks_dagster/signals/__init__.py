"""What a signal is, and how every account of a book gets its answer once.

Belongs here: declarations, planning, batches, single flight, checks of evidence, publishing.
Does not: fetching (`research`), paying (`llm`), the signals themselves (`assets/signals/`).
"""
