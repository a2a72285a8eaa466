"""The platform on one machine: Postgres, the lake, the sandbox and Dagster, kept alive by one supervisor.

Belongs here: what `make up` starts, in which order, how each proves its health, and who restarts it.
Does not: what runs inside those processes, or any production deployment (`deploy/`).
"""
