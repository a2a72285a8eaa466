"""Customers' own endpoints, to which a platform tells what happened: `https://NAME.hooks.example/` for any name.

Belongs here: taking signed messages, counting them, the truth about them. Does not: who sends them.
"""
