"""Postgres: the pool, the migrations, and the way bytes get in by COPY.

Belongs here: how this platform talks to its database, whatever the tables mean.
Does not: what the tables mean; each room owns its schema and its SQL, and one migration file per change here.
"""
