"""Privacy: taking personal data out of text.

Belongs here: what any room may need. Does not: where a room keeps its data, or when it is forgotten.
"""
