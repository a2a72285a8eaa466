"""How calls stand: numbers, what is wrong, the story of one.

Belongs here: reading it, without anything personal. Does not: showing it (`assets.calls`, `cli.calls`).
"""
