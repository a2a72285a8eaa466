"""A portal's records as a pure function of a seed: any number of them, in constant memory.

Belongs here: ids, values, edges and owners of rows that nobody has changed.
Does not: what was written since (`sandbox.hubspot.overlay`).
"""
