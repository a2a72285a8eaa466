"""The CRM platform as a resource: database, lake and connectors, put together for a run.

Belongs here: the wiring. Does not: any behaviour.
"""

import dagster as dg

from nooks_dagster.crm.connections import shared_connectors
from nooks_dagster.crm.sync.runs import Platform
from nooks_dagster.ledger.launches import Launches
from nooks_dagster.ledger.ledger import Ledger
from resources.lake import LakeResource
from resources.postgres import PostgresResource


class CrmResource(dg.ConfigurableResource[None]):
    """Gives assets what a sync stands on."""

    postgres: dg.ResourceDependency[PostgresResource]
    lake: dg.ResourceDependency[LakeResource]

    def platform(self) -> Platform:
        """Return the platform that this run works on."""
        database = self.postgres.database
        return Platform(database, self.lake.lake, self.postgres.settings, shared_connectors(database))

    def ledger(self, worker: str) -> Ledger:
        """Return the items of work, for whoever plans some."""
        return Ledger.of(self.postgres.database, self.postgres.settings, worker)

    def launches(self) -> Launches:
        """Return what is due and what runs; sensors ask this every few seconds, so it touches nothing but Postgres."""
        return Launches.of(self.postgres.database, self.postgres.settings)
