"""The small durable memory of the HTTP interface: one SQLite file per state folder.

Belongs here: the tables.
Does not: the file (`sandbox.store`), what the rows mean (`tokens`, `locators`, `limits`, `sandbox.salesforce.bulk`),
records of orgs (`sandbox.salesforce.orgs`).
"""

from pathlib import Path

from sandbox import refresh_tokens, store

_TABLES = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, org TEXT, expires REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS locators (
    id TEXT PRIMARY KEY, org TEXT, soql TEXT, include_deleted INT, page_size INT, total INT, expires REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS moments (id TEXT PRIMARY KEY, moment INT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions (
    locator TEXT, page_start INT, position TEXT, PRIMARY KEY (locator, page_start)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulk_jobs (
    id TEXT PRIMARY KEY, org TEXT, api TEXT, version TEXT, operation TEXT, soql TEXT, delimiter TEXT, line_ending TEXT,
    sobject TEXT, row_count INT, error TEXT, created REAL, duration REAL, aborted REAL, deleted INT DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bulk_jobs_by_time ON bulk_jobs (org, created);
CREATE TABLE IF NOT EXISTS bulk_pages (job TEXT, start INT, size INT, PRIMARY KEY (job, start)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulk_parents (
    org TEXT, id TEXT PRIMARY KEY, version TEXT, operation TEXT, sobject TEXT, content_type TEXT, created REAL,
    state TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulk_batches (parent TEXT, batch TEXT);
CREATE TABLE IF NOT EXISTS bulk_keys (parent TEXT PRIMARY KEY, key TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bulk_rows (
    id TEXT PRIMARY KEY, parent TEXT, created REAL, number INT, data BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ingest_jobs (
    id TEXT PRIMARY KEY, org TEXT, version TEXT, operation TEXT, sobject TEXT, key TEXT, delimiter TEXT,
    line_ending TEXT, created REAL, state TEXT, ended REAL, error TEXT, data BLOB
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage (org TEXT, hour INT, calls INT, PRIMARY KEY (org, hour)) WITHOUT ROWID;
"""


class Store(store.Store):
    """The memory of all orgs."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _TABLES + refresh_tokens.TABLE)
