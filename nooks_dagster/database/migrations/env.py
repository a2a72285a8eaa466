"""Alembic's entry: runs the migrations on the connection that `database.migrate` opened and locked.

Belongs here: nothing but the hand-over. Does not: any configuration, which is `database.migrate`'s.
"""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table="schema_version",
    version_table_schema="public",
)
context.run_migrations()
