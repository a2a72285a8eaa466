"""What all processes share of a scarce thing: calls per second, calls per day.

Belongs here: buckets and quotas in Postgres, by its clock. Does not: whose they are, or what a call is.
"""
