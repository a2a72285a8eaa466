"""The dialer: calls people of the sandbox's CRMs, and sends each call to a platform as a real one would.

Belongs here: whom it calls, what it sends and when, what should come of it. Does not: recordings (`sandbox.calls`).
"""
