"""Hours of calls, and their end: which there are, what they came to, their transcripts in one object.

Belongs here: planning and closing them, and reading what was folded. Does not: calls that are under way.
"""
