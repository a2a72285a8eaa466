"""HubSpot in miniature: portals (accounts) with their records, and their API under the real host names.

Belongs here: all that HubSpot would answer. Does not: what vendors have in common (`sandbox.world`, `sandbox.faults`).
"""
