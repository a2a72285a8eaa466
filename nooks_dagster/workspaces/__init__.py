"""Customers, their connections to the outside, and the secrets that open them.

Belongs here: who is connected to what, and whether that still works.
Does not: what is read through a connection (`crm`), or how much of its allowance is left (`budgets`).
"""
