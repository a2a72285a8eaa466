"""What the platform costs: CPU, memory, API calls and time of a history, beside the least that Postgres asks for it.

Belongs here: driving the platform as it is, and measuring it from outside. Does not: tests of correctness (`tests`),
beyond the one question whether a measured run was a correct one.
"""
