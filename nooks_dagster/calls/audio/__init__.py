"""Audio: a recording's samples, where somebody speaks in it, and pieces of it that can be sent away.

Belongs here: reading, listening for voice, cutting, encoding. Does not: what is said (`calls.speech`).
"""
