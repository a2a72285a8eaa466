"""The small durable memory of the HTTP interface.

Belongs here: the tables. Does not: the file (`sandbox.store`), what the rows mean (`tokens`, `usage`, `exports`).
"""

from sandbox import refresh_tokens

TABLES = f"""
{refresh_tokens.TABLE}
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, portal TEXT, expires INT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage (
    portal TEXT, pool TEXT, day INT, calls INT, PRIMARY KEY (portal, pool, day)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS exports (
    id INTEGER PRIMARY KEY, portal TEXT, request TEXT, created INT, starts INT, ends INT
);
CREATE TABLE IF NOT EXISTS groups (
    portal TEXT, kind TEXT, name TEXT, label TEXT, display_order INT, PRIMARY KEY (portal, kind, name)
) WITHOUT ROWID;
"""
