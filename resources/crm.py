"""The CRM platform as a resource: database, lake and connectors, put together for a run.

Belongs here: the wiring. Does not: any behaviour.
"""

from datetime import timedelta

import dagster as dg

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.runs import Platform, launches
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.ledger import Ledger
from nooks_dagster.settings import settings
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class CrmResource(dg.ConfigurableResource[None]):
    """Gives assets what a sync stands on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database = self.postgres.database
        # Heartbeats go to the same database as the work, also where a test or a tool names another one.
        here = settings().model_copy(update={"postgres_url": self.postgres.url})
        return Platform(database, self.lake.lake, here, shared_connectors(database))

    def ledger(self, worker: str) -> Ledger:
        """Return the items of work, for whoever plans some."""
        here = settings()
        return Ledger(self.postgres.database, worker, timedelta(seconds=here.lease_seconds), here.release)

    def launches(self) -> Launches:
        """Return what is due and what runs; sensors ask this every few seconds, so it touches nothing but Postgres."""
        return launches(self.postgres.database, settings())
