"""Starts by the clock: what falls due for a connection, and what becomes of it while what came before is not done."""
