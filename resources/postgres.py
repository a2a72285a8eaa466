"""The platform's own Postgres database as a Dagster resource.

Belongs here: handing assets and sensors the process's one pool. Does not: any SQL, nor closing the pool: other
threads of the process are in the middle of their transactions, and its idle connections leave by themselves.
"""

from functools import cache

import dagster as dg
from pydantic import Field

from nooks_dagster.database.pool import Database
from nooks_dagster.settings import Settings, settings


class PostgresResource(dg.ConfigurableResource[None]):
    """Connections to the platform's database. All resources with one address share one pool in a process."""

    url: str = Field(description="postgresql://user:password@host:port/database")
    connections: int | None = Field(
        default=None, gt=0, description="Most connections of one process; by default NOOKS_POSTGRES_CONNECTIONS."
    )

    @property
    def database(self) -> Database:
        """The database; no connection is made before its first transaction.

        Raises:
            Permanent: The URL is malformed.
        """
        return _database(self.url, self.connections or settings().postgres_connections)

    @property
    def settings(self) -> Settings:
        """The settings, with this database: heartbeats go to that of the work, also where a test names another one."""
        return settings().model_copy(update={"postgres_url": self.url})


@cache
def _database(url: str, connections: int) -> Database:
    # An IO manager and the asset beside it have a resource each; two pools would double the declared bound.
    return Database(url, connections)
