"""What was written to a portal since it was made: versions of records, edges, properties, settings.

Belongs here: the log of all writes, durable, and what follows from it, in memory.
Does not: the rows on which it lies (`sandbox.hubspot.generated`), checks of it (`sandbox.hubspot.checks`).
"""
