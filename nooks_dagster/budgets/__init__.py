"""What all processes share of a scarce thing: calls in a span of time, calls per day, requests in flight.

Belongs here: places, quotas, permits and breakers in Postgres, by its clock. Does not: whose they are, what a call is.
"""
