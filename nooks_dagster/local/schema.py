"""The task before Dagster starts: both databases exist and have the schema of this release.

Belongs here: calling the two migrations, ours and Dagster's, and what makes the tables of promoted objects.
Does not: what they contain.
Run as `python -m nooks_dagster.local.schema`, with the configuration in the environment.
"""

import os
import subprocess
import sys
from pathlib import Path

from nooks_dagster.crm.rows.tables import ensure_tables
from nooks_dagster.database.migrate import create_if_missing, migrate
from nooks_dagster.database.pool import Database
from nooks_dagster.failures import Failure, Permanent
from nooks_dagster.settings import settings


def main() -> int:
    """Migrate both databases and return the exit code; what went wrong is the last line on stderr."""
    try:
        migrate(settings().postgres_url)
        with Database(settings().postgres_url, size=1) as db:
            ensure_tables(db)
        _migrate_dagster()
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
        return 1
    return 0


def _migrate_dagster() -> None:
    url = os.environ.get("NOOKS_DAGSTER_POSTGRES_URL", "")
    create_if_missing(url.replace("postgresql+psycopg2:", "postgresql:"))
    result = subprocess.run([Path(sys.executable).parent / "dagster", "instance", "migrate"], check=False)
    if result.returncode:
        raise Permanent("Dagster could not bring its database to this release's schema.", next_step="See above.")


if __name__ == "__main__":
    sys.exit(main())
