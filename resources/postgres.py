"""The platform's own Postgres database as a Dagster resource.

Belongs here: handing assets and sensors the process's one pool. Does not: any SQL.
"""

from functools import cache

import dagster as dg
from pydantic import Field

from nooks_dagster.database.pool import Database


class PostgresResource(dg.ConfigurableResource[None]):
    """Connections to the platform's database. All resources with one address share one pool in a process."""

    url: str = Field(description="postgresql://user:password@host:port/database")
    connections: int = Field(default=6, gt=0, description="Most connections of one process.")

    @property
    def database(self) -> Database:
        """The database; no connection is made before its first transaction.

        Raises:
            Permanent: The URL is malformed.
        """
        return _database(self.url, self.connections)

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:  # noqa: ARG002  Dagster's signature
        """Give the idle connections back. A step that runs beside this one gets new ones when it needs them."""
        self.database.close()


@cache
def _database(url: str, connections: int) -> Database:
    # An IO manager and the asset beside it have a resource each; two pools would double the declared bound.
    return Database(url, connections)
