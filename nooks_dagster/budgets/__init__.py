"""What all processes share of a scarce thing: calls in a span of time, calls per day.

Belongs here: places and quotas in Postgres, by its clock. Does not: whose they are, or what a call is.
"""
