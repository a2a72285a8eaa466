"""What calls cost, measured.

Belongs here: the measurements. Does not: services (`benchmarks.services`).
"""
